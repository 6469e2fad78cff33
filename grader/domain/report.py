"""The full account of one grading job, and the one way in which anybody reads it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport
from grader.domain.misconception import Misconception
from grader.domain.verdict import Verdict, worst


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
    comparison: ComparisonReport | None = None
    """What the second stage found; `None` where there is none, or where it has not ended yet."""

    @property
    def verdict(self) -> Verdict:
        found = [check.verdict for check in self.checks]
        found += [self.failure] if self.failure else []
        compared = self.comparison
        found += [compared.verdict] if compared and (compared.checks or compared.failure) else []
        return worst(found)

    @property
    def points(self) -> float:
        checks = 0.0 if self.failure else sum(check.points for check in self.checks)
        return checks + (self.comparison.points if self.comparison else 0.0)

    @property
    def max_points(self) -> float:
        checks = sum(check.max_points for check in self.checks)
        return checks + (self.comparison.max_points if self.comparison else 0.0)


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
    comparison = report.comparison
    return {
        "exercise": report.exercise,
        "verdict": report.verdict.value,
        "points": report.points,
        "max_points": report.max_points,
        "message": report.message,
        "checks": [_check(check, audience) for check in report.checks],
        "misconception": {"name": found[0].name, "sentence": found[0].sentence} if found else None,
        "misconceptions": [_misconception(item) for item in found],
        "comparison": _comparison(comparison, audience) if comparison else None,
        "tier": report.tier,
        "seed": report.seed if audience is Audience.STAFF else None,
        "suite_version": report.suite_version,
        "seconds": report.seconds,
    }


def _check(check: CheckResult, audience: Audience) -> dict[str, Any]:
    return {
        "name": check.name,
        "task": check.task,
        "verdict": check.verdict.value,
        "points": check.points,
        "max_points": check.max_points,
        "visibility": check.visibility.value,
        "message": check_feedback(check, audience),
    }


def _misconception(item: Misconception) -> dict[str, Any]:
    return {"name": item.name, "sentence": item.sentence, "task": item.task, "is_variant": item.is_variant}


def _comparison(comparison: ComparisonReport, audience: Audience) -> dict[str, Any]:
    return {
        "verdict": comparison.verdict.value,
        "points": comparison.points,
        "max_points": comparison.max_points,
        "message": comparison.message,
        "checks": [_check(check, audience) for check in comparison.checks],
        "misconceptions": [_misconception(item) for item in comparison.misconceptions],
        "pictures": [picture.as_data() for picture in comparison.pictures],
        "device": comparison.device,
        "notes": list(comparison.notes),
        "seconds": comparison.seconds,
    }
