"""What is drawn within the axes of a picture: lines by whose they are, band, contours, marks. Needs matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from grader.cli.console import plain
from grader.domain.picture import Band, Mark, Picture, Role, Series, Surface

INK, SOFT = "#182033", "#515c72"

Entry = tuple[Artist, str]
"""What stands in the legend: a sample and its words."""


@dataclass(frozen=True)
class Stroke:
    """How the lines of a role look: dashes and filling tell whose line it is, the marker which one of several."""

    colours: tuple[str, ...]
    dashes: str | tuple[float, tuple[float, ...]]
    width: float
    layer: float
    filled: bool


STROKES = {
    Role.YOURS: Stroke(("#24489c", "#0f7b8a", "#7a2f8f", "#5578c9"), "solid", 2.4, 3.0, filled=True),
    # Above the other one, and with gaps: where both agree, both are seen.
    Role.REFERENCE: Stroke(("#c8750f", "#a5232c", "#8a6d00", "#d99a35"), (0, (4.0, 2.2)), 1.6, 4.0, filled=False),
    Role.OTHER: Stroke((SOFT, "#30384a", "#8a94a8", "#6d7a90"), (0, (1.0, 1.5)), 1.6, 2.0, filled=False),
}
_MARKERS = "osD^vPX"
_MARKERS_ON_A_LINE = 9
_ENDS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("start", 0, {"marker": "o", "markersize": 9, "markerfacecolor": "white"}),
    ("end", -1, {"marker": "X", "markersize": 10, "markerfacecolor": INK}),
)
_DRAWABLE = 1e200
"""What lies beyond is left out: an axis needs room above its largest value, and floats end."""


def draw_lines(axes: Axes, picture: Picture, mark_row: float) -> list[Entry]:
    """Draw everything but the words around it; `mark_row` is the height of a row of marks, in heights of the axes."""
    entries: list[Entry] = []
    if picture.surface is not None:
        _draw_surface(axes, picture.surface)
    elif picture.log_y and _has_positive(picture):
        axes.set_yscale("log")
    if picture.band is not None:
        entries.append(_draw_band(axes, picture.band))
    counts = dict.fromkeys(Role, 0)
    for series in picture.series:
        entries.append(_draw_series(axes, series, counts[series.role]))
        counts[series.role] += 1
    if picture.surface is not None:
        entries += _draw_ends(axes, picture.series)
    for place, mark in enumerate(picture.marks):
        _draw_mark(axes, mark, 1 + (len(picture.marks) - place) * mark_row, mark_row)
    return entries


def shown(text: str) -> str:
    """Return text in one line, as a terminal may print it and an XML file may hold it."""
    return " ".join(plain(text).plain.split())


def _draw_series(axes: Axes, series: Series, number: int) -> Entry:
    """Draw the `number`-th line of its role, counted from 0."""
    stroke = STROKES[series.role]
    colour = stroke.colours[number % len(stroke.colours)]
    turn = number + list(Role).index(series.role)
    y = [_drawable(value) for value in series.y]
    (line,) = axes.plot(
        [_drawable(value) for value in series.x],
        y,
        color=colour,
        linestyle=stroke.dashes,
        linewidth=stroke.width,
        marker=_MARKERS[turn % len(_MARKERS)],
        markersize=5.5,
        markerfacecolor=colour if stroke.filled else "white",
        markeredgecolor=colour,
        markevery=_marked(y, turn),
        zorder=stroke.layer,
    )
    return line, series.name


def _draw_band(axes: Axes, band: Band) -> Entry:
    x, low, high = ([_drawable(value) for value in values] for values in (band.x, band.low, band.high))
    colour = STROKES[Role.REFERENCE].colours[0]
    area = axes.fill_between(
        x, low, high, facecolor=f"{colour}26", edgecolor=f"{colour}66", hatch="////", linewidth=0.7
    )
    return area, band.name


def _draw_surface(axes: Axes, surface: Surface) -> None:
    axes.grid(visible=False)
    axes.set_xlim(*surface.x)
    axes.set_ylim(*surface.y)
    rows = surface.rows
    if len(rows) < 2 or len(rows[0]) < 2:
        return
    x, y = _places(surface.x, len(rows[0])), _places(surface.y, len(rows))
    lowest, highest = min(map(min, rows)), max(map(max, rows))
    levels = sorted({level for level in surface.levels if lowest < level < highest})
    if levels:
        axes.contourf(x, y, rows, [lowest, *levels, highest], cmap="Greys_r", alpha=0.25, zorder=0)
        lines = axes.contour(x, y, rows, levels, colors="#8a94a8", linewidths=0.8, zorder=1)
        axes.clabel(lines, fontsize=7, fmt="%.3g")


def _draw_ends(axes: Axes, paths: Sequence[Series]) -> list[Entry]:
    """Mark where paths over a surface start and where they end."""
    entries: list[Entry] = []
    for words, place, look in _ENDS:
        style = {**look, "linestyle": "none", "markeredgecolor": INK, "markeredgewidth": 1.2}
        for path in paths:
            if path.y:
                axes.plot([_drawable(path.x[place])], [_drawable(path.y[place])], zorder=5, **style)
        entries.append((Line2D([], [], **style), words))
    return entries


def _draw_mark(axes: Axes, mark: Mark, top: float, row: float) -> None:
    """Draw a line at the mark's place up to `top`, and its words beside it in the row that ends there."""
    look: dict[str, Any] = {"color": INK, "linewidth": 1.0, "linestyle": (0, (2.0, 2.0))}
    axes.axvline(mark.x, ymax=top, clip_on=False, zorder=1.5, **look)
    first, last = axes.get_xlim()
    is_left = mark.x - first < last - mark.x
    axes.annotate(
        shown(mark.words),
        (mark.x, top - row),
        xycoords=("data", "axes fraction"),
        xytext=(4 if is_left else -4, 3),
        textcoords="offset points",
        horizontalalignment="left" if is_left else "right",
        verticalalignment="bottom",
        fontsize=8.5,
        parse_math=False,
    )


def _drawable(value: float | None) -> float:
    return value if value is not None and abs(value) < _DRAWABLE else math.nan


def _has_positive(picture: Picture) -> bool:
    lines = [series.y for series in picture.series] + ([picture.band.high] if picture.band else [])
    return any(_drawable(value) > 0 for line in lines for value in line)


def _marked(y: Sequence[float], turn: int) -> list[int]:
    """Return the places that get a marker: some along the line, and each point without a neighbour to be joined to."""
    step = max(1, len(y) // _MARKERS_ON_A_LINE)
    gaps = [True, *map(math.isnan, y), True]
    lonely = {place for place in range(len(y)) if gaps[place] and gaps[place + 2]}
    return sorted({*range(turn * step // 3 % step, len(y), step), *lonely})


def _places(ends: tuple[float, float], count: int) -> list[float]:
    return [ends[0] + (ends[1] - ends[0]) * place / (count - 1) for place in range(count)]
