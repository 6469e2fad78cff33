"""Pictures of a training comparison, as plain data: a page or a terminal draws them, whoever made them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self

MAX_POINTS = 300
"""What one line of a picture holds at most: longer ones are thinned, their first and last point kept."""
_DIGITS = 6


class Role(StrEnum):
    """Whose line it is; drawn alike in every picture."""

    YOURS = "yours"
    REFERENCE = "reference"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Series:
    """A line of points. In `y` a `None` is a gap: a value that is no number, or that no float can hold."""

    name: str
    role: Role
    x: tuple[float, ...]
    y: tuple[float | None, ...]

    @classmethod
    def of(cls, name: str, role: Role, y: Sequence[float], x: Sequence[float] | None = None) -> Self:
        """Return the line through these values, counted from 0 unless `x` is given, thinned and rounded."""
        places = _kept(len(y))
        return cls(
            name=name,
            role=role,
            x=tuple(rounded(float(x[place] if x is not None else place)) or 0.0 for place in places),
            y=tuple(rounded(float(y[place])) for place in places),
        )


@dataclass(frozen=True)
class Band:
    """Where the reference lies over many runs, from `low` to `high` at each `x`."""

    name: str
    x: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]

    @classmethod
    def of(cls, name: str, low: Sequence[float], high: Sequence[float], x: Sequence[float] | None = None) -> Self:
        """Return the band between these values, thinned and rounded as lines are."""
        lower, upper = (Series.of(name, Role.REFERENCE, values, x) for values in (low, high))
        return cls(name=name, x=lower.x, low=lower.y, high=upper.y)


@dataclass(frozen=True, kw_only=True)
class Surface:
    """The heights of a function of two variables on a regular grid: `rows[i][j]` is at the i-th y and the j-th x."""

    x: tuple[float, float]
    y: tuple[float, float]
    """The first and the last place of the grid along each axis."""
    rows: tuple[tuple[float, ...], ...]
    levels: tuple[float, ...]
    """The heights at which a contour is drawn."""


@dataclass(frozen=True)
class Mark:
    """A place on the x axis that is worth a word, such as the first step that differs."""

    x: float
    words: str


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Lines over a common axis; with a surface, paths over its contours."""

    name: str
    check: str
    """The check of the comparison that it belongs to."""
    task: str
    title: str
    caption: str
    """What to see in it, in a sentence: also for those who cannot see it."""
    x_label: str
    y_label: str
    log_y: bool = False
    series: tuple[Series, ...]
    band: Band | None = None
    surface: Surface | None = None
    marks: tuple[Mark, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {item.name: _as_data(getattr(self, item.name)) for item in fields(self)}

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> Self:
        """Return the picture that `as_data` made this of."""
        band, surface = data["band"], data["surface"]
        series = (
            Series(name=one["name"], role=Role(one["role"]), x=tuple(one["x"]), y=tuple(one["y"]))
            for one in data["series"]
        )
        parts = {
            "series": tuple(series),
            "band": band and Band(band["name"], *(tuple(band[key]) for key in ("x", "low", "high"))),
            "surface": surface
            and Surface(
                x=tuple(surface["x"]),
                y=tuple(surface["y"]),
                rows=tuple(tuple(row) for row in surface["rows"]),
                levels=tuple(surface["levels"]),
            ),
            "marks": tuple(Mark(**mark) for mark in data["marks"]),
        }
        return cls(**{**data, **parts})

    def marked(self, marks: Iterable[Mark]) -> Picture:
        """Return it with these marks too."""
        return replace(self, marks=(*self.marks, *marks))


def rounded(value: float) -> float | None:
    """Return a value with as many digits as a picture shows; `None` for what is not finite."""
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) else None


def _kept(count: int) -> list[int]:
    if count <= MAX_POINTS:
        return list(range(count))
    return [round(place * (count - 1) / (MAX_POINTS - 1)) for place in range(MAX_POINTS)]


def _as_data(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_as_data(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {item.name: _as_data(getattr(value, item.name)) for item in fields(value)}
    return value.value if isinstance(value, StrEnum) else value
