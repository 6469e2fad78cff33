"""A grader for what goes on around the grading: it passes, after what the test wants to happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Plan
from grader.domain.quiz import AnswerScore
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.store.database import Database
from grader.store.submissions import submit
from grader.store.tables import User

CHECK = CheckResult(
    name="c", task="1", verdict=Verdict.ACCEPTED, points=2.0, max_points=2.0, visibility=Visibility.HIDDEN
)
CODE = b"RECOGNISABLE_STUDENT_CODE = 1"


@dataclass
class ObligingGrader:
    """Finds nothing wrong."""

    happening: Callable[[], object] = lambda: None
    plan: Plan | None = None

    def grade(self, slug: str, _files: Sequence[SourceFile], *, seed: int, **_: Any) -> Report:
        self.happening()
        return Report(exercise=slug, checks=(CHECK,), tier="t", seed=seed, suite_version="v", seconds=0.0)

    def conditions_of(self, *_: Any, **__: Any) -> tuple[str, str]:
        return "v", "environment"

    def plan_of(self, _slug: str) -> Plan | None:
        return self.plan

    def compare(self, *_: Any, **__: Any) -> ComparisonReport:
        self.happening()
        return ComparisonReport(max_points=2.0, checks=(CHECK,), device="CPU")

    def score_quiz(self, *_: Any) -> list[AnswerScore]:
        self.happening()
        return []


@pytest.fixture
def obliging_grader() -> type[ObligingGrader]:
    return ObligingGrader


@pytest.fixture
def waiting_job(database: Database, student: User, now: datetime) -> int:
    """The job of a submission whose code can be recognised."""
    with database.transaction() as session:
        return submit(session, student, "adaptive", [SourceFile("adaptive.py", CODE)], seed=7, now=now).id
