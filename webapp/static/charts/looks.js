// How a picture's lines look, and how its numbers are written. A line is told by its dash and width as well as by its
// colour: yours is solid and wide, PyTorch's lies over it, thin and dashed, so that two equal lines show both.
"use strict";

const LOOKS = {
  yours: { colours: ["--yours", "--yours-2", "--yours-3"], width: 3, dashes: [[], [10, 4], [3, 3], [10, 3, 3, 3]] },
  reference: {
    colours: ["--reference", "--reference-2", "--reference-3"],
    width: 2,
    dashes: [[7, 5], [3, 3], [12, 4], [7, 3, 2, 3]],
  },
  other: { colours: ["--other", "--other-2", "--other-3"], width: 1.25, dashes: [[2, 3], [5, 3], [9, 3, 2, 3], []] },
};
const DRAWN_AFTER = ["other", "yours", "reference"];
const READ_AFTER = ["yours", "reference", "other"];

// Returns the lines with `colour` (the name of a custom property), `width` and `dash`, the topmost one last.
function styledLines(series) {
  const seen = {};
  const lines = series.map((line) => {
    const look = LOOKS[line.role];
    const number = (seen[line.role] = (seen[line.role] ?? -1) + 1);
    const { colours, dashes, width } = look;
    return { ...line, width, colour: colours[number % colours.length], dash: dashes[number % dashes.length] };
  });
  return sortedByRole(lines, DRAWN_AFTER);
}

function sortedByRole(lines, order) {
  return [...lines].sort((one, other) => order.indexOf(one.role) - order.indexOf(other.role));
}

// Returns the value of a custom property, in the reader's colour scheme of this moment.
function colourOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function fontOf(size) {
  return `${size}px ${getComputedStyle(document.body).fontFamily}`;
}

// Writes a number as Python would, with as many digits as a picture holds: 0.0123, 3.1e-9, 250000.
function numberWords(value, digits = 6) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) {
    const [head, power] = value.toExponential(digits - 1).split("e");
    return `${Number(head)}e${Number(power)}`.replace(/-/g, "−");
  }
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

// A piece of the line as it is drawn, or of the band.
function keyOf(line) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const mark = document.createElementNS("http://www.w3.org/2000/svg", line ? "line" : "rect");
  const places = line ? { x1: 0, x2: 30, y1: 6, y2: 6 } : { x: 0, y: 1, width: 30, height: 10 };
  Object.entries(places).forEach(([name, value]) => mark.setAttribute(name, value));
  if (line) {
    mark.setAttribute("stroke-width", line.width);
    mark.setAttribute("stroke-dasharray", line.dash.join(" "));
    mark.style.stroke = `var(${line.colour})`;
  }
  svg.setAttribute("class", line ? "chart-sample" : "chart-sample band");
  svg.setAttribute("viewBox", "0 0 30 12");
  svg.setAttribute("aria-hidden", "true");
  svg.append(mark);
  return svg;
}
