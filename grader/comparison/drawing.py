"""The pictures that comparisons have in common; what is special to an exercise is drawn in its `training.py`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from grader.domain.picture import Band, Mark, Picture, Role, Series, Surface, rounded

YOURS, PYTORCH = "yours", "PyTorch"
_FLOOR = 1e-17
"""Below the rounding of float64: a distance of zero has a place on a logarithmic axis, too."""

Path = Sequence[tuple[float, float]]


def apart(
    check: str,
    task: str,
    lines: Mapping[str, Sequence[float]],
    unit: str,
    counted_from: int,
    *,
    first: int | None = None,
) -> Picture:
    """Return how far from PyTorch's each run is, step by step, on a logarithmic axis."""
    marks = [] if first is None else [Mark(first + counted_from, "leaves PyTorch's path")]
    ending = "float64 rounds at 1e-16, and the limit is 1e-9" if first is None else "a right one stays below 1e-9"
    return Picture(
        name=f"{check}-distance",
        check=check,
        task=task,
        title=f"Distance to PyTorch, {unit} by {unit}",
        caption=f"The relative distance between your run and PyTorch's after each {unit}: {ending}.",
        x_label=unit,
        y_label="relative distance",
        log_y=True,
        series=tuple(
            Series.of(
                words,
                Role.YOURS,
                [max(value, _FLOOR) for value in values],
                [place + counted_from for place in range(len(values))],
            )
            for words, values in lines.items()
        ),
        marks=tuple(marks),
    )


def curves(
    check: str,
    task: str,
    *,
    name: str,
    title: str,
    caption: str,
    mine: Sequence[float],
    twin: Sequence[float],
    x: Sequence[float] | None = None,
    x_label: str = "step",
    y_label: str = "loss",
    log_y: bool = True,
    band: tuple[Sequence[float], Sequence[float]] | None = None,
    others: Mapping[str, Sequence[float]] | None = None,
) -> Picture:
    """Return two curves over the same axis, with the band in which PyTorch's lie over many seeds where it is known."""
    return Picture(
        name=f"{check}-{name}",
        check=check,
        task=task,
        title=title,
        caption=caption,
        x_label=x_label,
        y_label=y_label,
        log_y=log_y,
        series=(
            Series.of(PYTORCH, Role.REFERENCE, twin, x),
            Series.of(YOURS, Role.YOURS, mine, x),
            *(Series.of(words, Role.OTHER, values, x) for words, values in (others or {}).items()),
        ),
        band=Band.of(f"{PYTORCH}, over many seeds", *band, x) if band else None,
    )


def trajectories(
    check: str,
    task: str,
    *,
    name: str,
    title: str,
    caption: str,
    heights: Callable[[Tensor], Tensor],
    x: tuple[float, float],
    y: tuple[float, float],
    mine: Path,
    twin: Path,
    levels: int = 9,
    side: int = 41,
) -> Picture:
    """Return two paths over the contours of a surface; contours lie closer together near its lowest place.

    `heights` returns those of places (2, side, side), float64, as (side, side).
    """
    ends = (torch.linspace(*x, side, dtype=torch.float64), torch.linspace(*y, side, dtype=torch.float64))
    found = heights(torch.stack(torch.meshgrid(*ends, indexing="xy"))).nan_to_num()
    low, high = float(found.min()), float(found.max())
    contours = [low + (high - low) * (level / levels) ** 3 for level in range(1, levels)]
    return Picture(
        name=f"{check}-{name}",
        check=check,
        task=task,
        title=title,
        caption=caption,
        x_label="first parameter",
        y_label="second parameter",
        series=tuple(
            Series.of(words, role, [point[1] for point in path], [_shown(point[0]) for point in path])
            for words, role, path in ((PYTORCH, Role.REFERENCE, twin), (YOURS, Role.YOURS, _finite(mine)))
        ),
        surface=Surface(
            x=x,
            y=y,
            rows=tuple(tuple(float(f"{value:.4g}") for value in row) for row in found.tolist()),
            levels=tuple(rounded(value) or 0.0 for value in contours),
        ),
    )


def _finite(path: Path) -> Path:
    """Return a path as far as it stays within what can be drawn."""
    for place, point in enumerate(path):
        if not all(math.isfinite(value) and abs(value) < 1e6 for value in point):
            return path[: max(place, 1)]
    return path


def _shown(value: float) -> float:
    return value if math.isfinite(value) else 0.0
