"""The full account of one grading job, and the one way in which anybody reads it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from grader.domain.check import CheckResult, Visibility
from grader.domain.verdict import Verdict, worst


@dataclass(frozen=True)
class Misconception:
    """A known wrong (or merely different) solution whose behaviour a submission matches."""

    name: str
    sentence: str
    task: str
    is_variant: bool = False


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a grading job found out. Staff read it whole, students through `serialize`."""

    exercise: str
    checks: tuple[CheckResult, ...]
    tier: str
    seed: int
    suite_version: str
    seconds: float
    message: str = ""
    """What ended the job before any check could run (a syntax error, a closed name), for the student."""
    failure: Verdict | None = None
    """The verdict that goes with `message`."""
    misconceptions: tuple[Misconception, ...] = ()

    @property
    def verdict(self) -> Verdict:
        found = [check.verdict for check in self.checks]
        return worst([*found, self.failure] if self.failure else found)

    @property
    def points(self) -> float:
        return 0.0 if self.failure else sum(check.points for check in self.checks)

    @property
    def max_points(self) -> float:
        return sum(check.max_points for check in self.checks)


class Audience(StrEnum):
    """Who reads a report."""

    STUDENT = "student"
    STAFF = "staff"


def check_feedback(check: CheckResult, audience: Audience) -> str:
    """Return what this audience reads of one check.

    A student reads the whole message of a visible check; of a hidden one that failed the author's hint and what the
    student's own code did. Values that a hidden check expected never get here.
    """
    if audience is Audience.STAFF or check.visibility is Visibility.VISIBLE:
        return check.message
    if check.verdict is Verdict.ACCEPTED:
        return ""
    return "\n".join(part for part in (check.fault, check.hint) if part)


def serialize(report: Report, audience: Audience) -> dict[str, Any]:
    """Return the report as plain data for this audience: the one way out for web, CLI and export."""
    found = report.misconceptions
    return {
        "exercise": report.exercise,
        "verdict": report.verdict.value,
        "points": report.points,
        "max_points": report.max_points,
        "message": report.message,
        "checks": [
            {
                "name": check.name,
                "task": check.task,
                "verdict": check.verdict.value,
                "points": check.points,
                "max_points": check.max_points,
                "visibility": check.visibility.value,
                "message": check_feedback(check, audience),
            }
            for check in report.checks
        ],
        "misconception": {"name": found[0].name, "sentence": found[0].sentence} if found else None,
        "misconceptions": [
            {"name": item.name, "sentence": item.sentence, "task": item.task, "is_variant": item.is_variant}
            for item in found
        ],
        "comparison": None,
        "tier": report.tier,
        "seed": report.seed if audience is Audience.STAFF else None,
        "suite_version": report.suite_version,
        "seconds": report.seconds,
    }
