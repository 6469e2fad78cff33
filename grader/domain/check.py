"""A check of a hidden suite, and how it ended for one submission."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from grader.domain.verdict import Verdict


class Visibility(StrEnum):
    """What a student may read of a check's outcome: its own message, or the author's hint only."""

    VISIBLE = "visible"
    HIDDEN = "hidden"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One named, weighted statement about a solution. `points` of a task's checks add up to the task's points."""

    name: str
    task: str
    points: float
    hint: str
    visibility: Visibility = Visibility.HIDDEN


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """How one check ended. `message` is for staff; a student reads what `feedback` makes of it."""

    name: str
    task: str
    verdict: Verdict
    points: float
    max_points: float
    visibility: Visibility
    message: str = ""
    hint: str = ""
    fault: str = ""
    """What the student's own code did, in words that hold no hidden value (an exception and its line): shown always."""
