"""A known mistake, as a report tells it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Misconception:
    """A known wrong (or merely different) solution whose behaviour a submission matches."""

    name: str
    sentence: str
    task: str
    is_variant: bool = False
