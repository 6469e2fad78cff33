// Contours of a surface that is known on a grid, by marching squares.
"use strict";

// Returns the pieces [x1, y1, x2, y2] of the lines along which the surface has this height.
function contourPieces(surface, level) {
  const { rows } = surface;
  const x = placesBetween(surface.x, rows[0].length);
  const y = placesBetween(surface.y, rows.length);
  const pieces = [];
  for (let i = 0; i + 1 < rows.length; i++) {
    for (let j = 0; j + 1 < x.length; j++) {
      // The corners of one cell, once round it.
      const corners = [
        [x[j], y[i], rows[i][j]],
        [x[j + 1], y[i], rows[i][j + 1]],
        [x[j + 1], y[i + 1], rows[i + 1][j + 1]],
        [x[j], y[i + 1], rows[i + 1][j]],
      ];
      const found = crossings(corners, level);
      if (found.length === 2) {
        pieces.push([...found[0], ...found[1]]);
      } else if (found.length === 4) {
        // A saddle: whichever corners lie on the side of the middle hang together.
        const middle = corners.reduce((sum, corner) => sum + corner[2], 0) / 4;
        const [a, b, c, d] = middle < level === corners[0][2] < level ? found : [found[3], ...found.slice(0, 3)];
        pieces.push([...a, ...b], [...c, ...d]);
      }
    }
  }
  return pieces;
}

// Returns where the edges of a cell pass the height, in the order of the edges.
function crossings(corners, level) {
  if (!corners.every((corner) => Number.isFinite(corner[2]))) return [];
  const found = [];
  corners.forEach(([x, y, height], place) => {
    const [nextX, nextY, nextHeight] = corners[(place + 1) % 4];
    if (height < level === nextHeight < level) return;
    const part = (level - height) / (nextHeight - height);
    found.push([x + part * (nextX - x), y + part * (nextY - y)]);
  });
  return found;
}

function placesBetween([first, last], count) {
  return Array.from({ length: count }, (_, place) => first + ((last - first) * place) / (count - 1));
}
