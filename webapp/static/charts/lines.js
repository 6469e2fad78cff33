// Pictures of lines over a common axis: what uPlot is to draw, and what stands at each place of the x axis.
"use strict";

// Returns a drawing: uPlot's `options` and `data`, the legend's `entries`, and what a reader finds at a place of the
// axis; at `null` each line's own end.
function linesDrawing(picture, isLog, hidden) {
  const lines = styledLines(picture.series);
  const { band } = picture;
  const columns = uPlot.join([
    ...(band ? [[band.x, band.low, band.high]] : []),
    ...lines.map((line) => [line.x, line.y]),
  ]);
  const [x, ...found] = columns;
  const scale = yScale(found.flat().filter(Number.isFinite), isLog);
  const edges = band ? 2 : 0;
  const isHidden = (name) => hidden.has(name);
  const series = [
    {},
    ...found.slice(0, edges).map(() => ({ width: 0, points: { show: false }, show: !isHidden(band.name) })),
    ...lines.map((line) => ({
      stroke: colourOf(line.colour),
      width: line.width,
      dash: line.dash,
      cap: "butt",
      show: !isHidden(line.name),
      points: { show: true, filter: () => dotted(line, x), size: line.width + 5, fill: colourOf(line.colour) },
    })),
  ];
  const entries = [
    ...sortedByRole(lines, READ_AFTER).map((line) => ({
      line,
      name: line.name,
      words: (place) => valueWords(found[edges + lines.indexOf(line)], x, place),
    })),
    ...(band ? [{ name: band.name, words: (place) => bandWords(found, x, place) }] : []),
  ];
  return {
    data: [x, ...found.map((column) => column.map((value) => (value == null ? value : scale.place(value))))],
    options: {
      series,
      bands: band ? [{ series: [2, 1], fill: colourOf("--band") }] : [],
      axes: [xAxis(x.every(Number.isInteger)), yAxis(scale)],
      scales: {
        x: { time: false, range: (_, low, high) => (low < high ? [low, high] : [(low ?? 0) - 1, (high ?? 0) + 1]) },
        y: { range: (_, low, high) => roomAround(low, high) },
      },
      cursor: { points: { size: 9, width: 2, fill: colourOf("--surface") } },
    },
    entries,
    count: Math.max(1, x.length),
    placeWords: (place) => (place in x ? `${picture.x_label} ${numberWords(x[place])}` : "the end"),
    placeAt: (plot) => plot.cursor.idx,
    show: (plot, place) => plot.setCursor({ left: plot.valToPos(x[place], "x"), top: plot.over.clientHeight / 2 }, false),
  };
}

// Whether a log scale has anything to show.
function hasPositive(picture) {
  return picture.series.some((line) => line.y.some((value) => value > 0));
}

// Returns which places of the axis get a dot: all of a short line, else values that stand alone between gaps.
function dotted({ x, y }, axis) {
  const isAlone = (place) => y[place] !== null && (y[place - 1] ?? null) === null && (y[place + 1] ?? null) === null;
  return x.filter((_, place) => y.length <= 12 || isAlone(place)).map((value) => axis.indexOf(value));
}

function roomAround(low, high) {
  if (low == null) return [0, 1];
  const room = high > low ? (high - low) * 0.06 : Math.max(Math.abs(low) * 0.1, 0.5);
  return [low - room, high + room];
}

// A line that has no point of its own here is read between its neighbours; before its start and after its end it has none.
function valueWords(column, x, place) {
  const value = column[place ?? column.findLastIndex((one) => one !== undefined)];
  if (value === null) return "no number";
  if (value !== undefined) return numberWords(value);
  const before = column.findLastIndex((one, other) => other < place && one !== undefined);
  const after = column.findIndex((one, other) => other > place && one !== undefined);
  if (before < 0 || after < 0) return "–";
  if (column[before] === null || column[after] === null) return "no number";
  const part = (x[place] - x[before]) / (x[after] - x[before]);
  return numberWords(column[before] + part * (column[after] - column[before]));
}

function bandWords(columns, x, place) {
  const [low, high] = [valueWords(columns[0], x, place), valueWords(columns[1], x, place)];
  return low === "–" ? low : `${low} to ${high}`;
}
