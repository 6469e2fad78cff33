// One picture in its figure: plot, scale, marks and legend; read with a pointer, a finger or the arrow keys.
"use strict";

const TALLEST = 340;
const LOWEST = 190;

class Chart {
  constructor(figure, picture) {
    this.picture = picture;
    this.stage = figure.querySelector(".chart-stage");
    this.legend = element("ul", { className: "chart-legend" });
    this.readAt = element("p", { className: "chart-at" });
    this.hidden = new Set();
    this.canBeLog = !picture.surface && hasPositive(picture);
    this.isLog = picture.log_y && this.canBeLog;
    this.area = this.readingArea();
    this.stage.replaceChildren(this.head(), this.area, element("p", { className: "chart-x" }, picture.x_label));
    this.key = element("div", { className: "chart-key" }, this.readAt, this.legend);
    figure.append(this.key);
    this.draw();
    this.sizes = new ResizeObserver(() => requestAnimationFrame(() => this.fit()));
    this.sizes.observe(this.area);
  }

  destroy() {
    this.sizes.disconnect();
    this.plot.destroy();
    this.key.remove();
    this.stage.replaceChildren();
  }

  fit() {
    if (this.area.isConnected && this.area.clientWidth !== this.plot.width) this.plot.setSize(this.size());
  }

  draw() {
    this.plot?.destroy();
    this.plot = this.place = null;
    const { picture, hidden } = this;
    this.drawing = picture.surface ? pathsDrawing(picture, hidden) : linesDrawing(picture, this.isLog, hidden);
    const { options, data } = this.drawing;
    this.plot = new uPlot(
      {
        ...this.size(),
        ...options,
        padding: [8, 14, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: false, y: false }, y: false, ...options.cursor },
        hooks: { ...options.hooks, ready: [() => this.placeMarks()], setCursor: [() => this.pointed()] },
      },
      data,
      this.area,
    );
    this.followFingers();
    this.fillLegend();
    this.read();
  }

  size() {
    const width = Math.max(this.area.clientWidth, 120);
    const share = this.picture.surface ? 0.8 : 0.52;
    return { width, height: Math.round(Math.min(Math.max(width * share, LOWEST), TALLEST)) };
  }

  // Above the plot: what the y axis is, and the choice of its scale.
  head() {
    const head = element("div", { className: "chart-head" }, element("span", { className: "chart-y" }, this.picture.y_label));
    if (!this.picture.surface) {
      const toggle = element("button", { type: "button", className: "chart-log" }, "log scale");
      toggle.setAttribute("aria-pressed", this.isLog);
      toggle.disabled = !this.canBeLog;
      if (toggle.disabled) toggle.title = "There is nothing above 0 that a log scale could show.";
      toggle.addEventListener("click", () => {
        this.isLog = !this.isLog;
        toggle.setAttribute("aria-pressed", this.isLog);
        this.draw();
      });
      head.append(toggle);
    }
    return head;
  }

  // The plot is a slider through the places of its x axis, or the steps of its paths: arrow keys read them out.
  readingArea() {
    const area = element("div", { className: "chart-area", tabIndex: 0, role: "slider" });
    area.setAttribute("aria-label", `${this.picture.title}, place by place`);
    area.setAttribute("aria-valuemin", 0);
    area.addEventListener("keydown", (event) => {
      const last = this.drawing.count - 1;
      const here = this.place ?? last;
      const stride = Math.max(1, Math.round(last / 20));
      const moves = {
        ArrowLeft: here - 1,
        ArrowDown: here - 1,
        ArrowRight: here + 1,
        ArrowUp: here + 1,
        PageDown: here - stride,
        PageUp: here + stride,
        Home: 0,
        End: last,
      };
      if (event.key === "Escape") this.leave();
      if (!(event.key in moves) || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.goTo(Math.min(last, Math.max(0, moves[event.key])));
    });
    area.addEventListener("blur", () => this.leave());
    return area;
  }

  goTo(place) {
    this.drawing.show(this.plot, place);
    this.place = place;
    this.read();
  }

  pointed() {
    if (!this.plot) return;
    const place = this.plot.cursor.left < 0 ? null : this.drawing.placeAt(this.plot);
    if (place === this.place) return;
    this.place = place;
    if (this.picture.surface) this.drawing.show(this.plot, place);
    this.read();
  }

  leave() {
    this.plot.setCursor({ left: -10, top: -10 });
  }

  // uPlot follows a mouse. A finger that moves sideways reads, one that moves up or down scrolls the page.
  followFingers() {
    const follow = (event) => {
      if (event.pointerType === "mouse") return;
      const box = this.plot.over.getBoundingClientRect();
      this.plot.setCursor({ left: event.clientX - box.left, top: event.clientY - box.top });
    };
    this.plot.over.addEventListener("pointerdown", follow);
    this.plot.over.addEventListener("pointermove", follow);
  }

  // A vertical line with its words, on the side where there is more room.
  placeMarks() {
    const { min, max } = this.plot.scales.x;
    this.picture.marks.forEach((mark, number) => {
      const part = (mark.x - min) / (max - min);
      if (!(part >= 0 && part <= 1)) return;
      const line = element("div", { className: "chart-mark" }, element("span", {}, mark.words));
      const isLate = part > 0.5;
      line.classList.toggle("late", isLate);
      line.style.left = isLate ? 0 : `${part * 100}%`;
      line.style.right = isLate ? `${(1 - part) * 100}%` : 0;
      line.style.paddingTop = `${number * 1.5}rem`;
      this.plot.over.append(line);
    });
  }

  fillLegend() {
    this.values = this.drawing.entries.map((entry) => {
      const name = element("button", { type: "button", className: "chart-name" }, keyOf(entry.line), entry.name);
      name.setAttribute("aria-pressed", !this.hidden.has(entry.name));
      name.title = "Show or hide this line";
      name.addEventListener("click", () => this.toggle(entry.name));
      const value = element("span", { className: "chart-value" });
      return { name, value };
    });
    const focused = [...this.legend.querySelectorAll("button")].indexOf(document.activeElement);
    this.legend.replaceChildren(...this.values.map(({ name, value }) => element("li", {}, name, value)));
    this.values[focused]?.name.focus();
  }

  toggle(name) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    this.draw();
  }

  // Write the values at the place that is read, or at the end of each line while none is.
  read() {
    const { drawing, place } = this;
    const where = drawing.placeWords(place);
    const words = drawing.entries.map((entry) => entry.words(place));
    this.readAt.textContent = `at ${where}`;
    words.forEach((word, number) => (this.values[number].value.textContent = word));
    this.area.setAttribute("aria-valuemax", drawing.count - 1);
    this.area.setAttribute("aria-valuenow", place ?? drawing.count - 1);
    const said = drawing.entries.map((entry, number) => `${entry.name} ${words[number]}`);
    this.area.setAttribute("aria-valuetext", `${where}: ${said.join("; ")}`);
  }
}

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
