// Pictures of paths over a surface: contours, and the way that each run took between them.
"use strict";

const THINNED = 300; // as long as a line of a picture gets: of a longer run some steps are left out

// Returns a drawing, as `linesDrawing` does. Hidden paths are left out; the contours always stay.
function pathsDrawing(picture, hidden) {
  const { surface } = picture;
  const paths = styledLines(picture.series).map((path) => ({ ...path, width: 0.75 * path.width }));
  const shown = paths.filter((path) => !hidden.has(path.name));
  const contours = surface.levels.map((level) => contourPieces(surface, level));
  const count = Math.max(1, ...paths.map((path) => path.x.length));
  let marked = null;
  const draw = (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    drawContours(plot, contours);
    shown.forEach((path) => drawPath(plot, path));
    shown.forEach((path) => drawEnds(plot, path, marked));
    ctx.restore();
  };
  return {
    // uPlot lays out the axes and follows the pointer; what lies between them is drawn here.
    data: [surface.x, [null, null]],
    options: {
      series: [{}, { show: true }],
      axes: [xAxis(false), yAxis(yScale(surface.y, false))],
      scales: { x: { time: false, range: surface.x }, y: { range: surface.y } },
      cursor: { x: false, points: { show: false } },
      hooks: { draw: [draw] },
    },
    entries: sortedByRole(paths, READ_AFTER).map((path) => ({
      line: path,
      name: path.name,
      words: (place) => pointWords(path, place),
    })),
    count,
    placeWords: (place) => {
      if (place === null) return "the end";
      return count < THINNED ? `step ${place}` : `point ${place + 1} of ${count}`;
    },
    placeAt: (plot) => nearest(plot, shown),
    show: (plot, place) => {
      marked = place;
      plot.redraw(false);
    },
  };
}

function drawContours(plot, contours) {
  const { ctx } = plot;
  ctx.strokeStyle = colourOf("--contour");
  ctx.lineWidth = uPlot.pxRatio;
  contours.forEach((pieces, level) => {
    ctx.globalAlpha = 0.9 - (0.6 * level) / contours.length; // the lower, the clearer
    ctx.beginPath();
    for (const [x1, y1, x2, y2] of pieces) {
      ctx.moveTo(...pixel(plot, x1, y1));
      ctx.lineTo(...pixel(plot, x2, y2));
    }
    ctx.stroke();
  });
  ctx.globalAlpha = 1;
}

function drawPath(plot, path) {
  const { ctx } = plot;
  ctx.strokeStyle = colourOf(path.colour);
  ctx.lineWidth = path.width * uPlot.pxRatio;
  ctx.lineJoin = "round";
  ctx.setLineDash(path.dash.map((length) => length * uPlot.pxRatio));
  ctx.beginPath();
  let isPenDown = false;
  path.y.forEach((y, place) => {
    if (y !== null) ctx[isPenDown ? "lineTo" : "moveTo"](...pixel(plot, path.x[place], y));
    isPenDown = y !== null;
  });
  ctx.stroke();
  ctx.setLineDash([]);
}

// The start is a ring, the end a square, the step that is read a dot.
function drawEnds(plot, path, marked) {
  const last = path.y.findLastIndex((y) => y !== null);
  if (last < 0) return;
  const { ctx } = plot;
  const size = 4.5 * uPlot.pxRatio;
  const shape = (place, fill, outline) => {
    const [x, y] = pixel(plot, path.x[place], path.y[place]);
    ctx.beginPath();
    outline(x, y);
    ctx.fillStyle = colourOf(fill);
    ctx.strokeStyle = colourOf(path.colour);
    ctx.lineWidth = 2 * uPlot.pxRatio;
    ctx.fill();
    ctx.stroke();
  };
  const ring = (x, y) => ctx.arc(x, y, size, 0, 2 * Math.PI);
  if (path.y[0] !== null) shape(0, "--surface", ring);
  shape(last, path.colour, (x, y) => ctx.rect(x - size, y - size, 2 * size, 2 * size));
  if (marked !== null && path.y[marked] != null) shape(marked, path.colour, ring);
}

function pixel(plot, x, y) {
  return [plot.valToPos(x, "x", true), plot.valToPos(y, "y", true)];
}

// Returns the step of whichever path lies nearest to the pointer.
function nearest(plot, paths) {
  const { left, top } = plot.cursor;
  if (left < 0) return null;
  let best = null;
  let least = Infinity;
  for (const path of paths) {
    path.y.forEach((y, place) => {
      if (y === null) return;
      const away = Math.hypot(plot.valToPos(path.x[place], "x") - left, plot.valToPos(y, "y") - top);
      if (away < least) [best, least] = [place, away];
    });
  }
  return best;
}

function pointWords({ x, y }, place) {
  const here = place ?? y.length - 1;
  if (!(here in y)) return "–";
  return y[here] === null ? "no number" : `(${numberWords(x[here], 4)}, ${numberWords(y[here], 4)})`;
}
