"""Jobs, and a grader that does with them as it is told, for the tests of what a worker does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import selectinload

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Plan
from grader.domain.queues import Queue
from grader.domain.quiz import AnswerScore
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.store.database import Database
from grader.store.submissions import submit
from grader.store.tables import GradingJob, User
from grader.tasks import JobRunner

LEASE = timedelta(seconds=15)
PLAN = Plan(points=2.0)
CODE = b"SECRET_STUDENT_CODE = 1"


class ScriptedGrader:
    """Finds two checks in each stage, and does in between what the test wants to happen."""

    def __init__(self, happening: Callable[[], None] = lambda: None, plan: Plan | None = None) -> None:
        self.happening, self.plan = happening, plan
        self.graded: list[tuple[str, list[SourceFile], int]] = []
        self.compared: list[tuple[str, list[SourceFile], int, bool]] = []

    def grade(
        self,
        slug: str,
        files: Sequence[SourceFile],
        *,
        seed: int,
        on_check: Callable[[CheckResult], None] | None = None,
    ) -> Report:
        self.graded.append((slug, list(files), seed))
        assert on_check is not None
        on_check(check("first"))
        self.happening()
        on_check(check("second"))
        return Report(
            exercise=slug, checks=(check("first"), check("second")), tier="t", seed=seed, suite_version="v", seconds=0.0
        )

    def conditions_of(self, slug: str, *, on_gpu: bool = False) -> tuple[str, str]:  # noqa: ARG002 - the grader's
        return "v", "gpu" if on_gpu else "cpu"

    def plan_of(self, slug: str) -> Plan | None:  # noqa: ARG002 - the grader's
        return self.plan

    def compare(
        self,
        slug: str,
        files: Sequence[SourceFile],
        *,
        seed: int,
        on_check: Callable[[CheckResult], None] | None = None,
        on_gpu: bool = False,
    ) -> ComparisonReport:
        self.compared.append((slug, list(files), seed, on_gpu))
        assert on_check is not None
        on_check(check("third"))
        self.happening()
        on_check(check("fourth"))
        checks = (check("third"), check("fourth"))
        return ComparisonReport(max_points=2.0, checks=checks, device="CPU", suite_version="v")

    def score_quiz(self, slug: str, answers: Mapping[str, str | list[str]]) -> list[AnswerScore]:  # noqa: ARG002 - the grader's
        self.happening()
        return [AnswerScore(question=name, points=1.0, max_points=2.0) for name in answers]


def runner_of(
    database: Database, grader: ScriptedGrader, lease: timedelta = LEASE, send: Callable[[int], None] = lambda _: None
) -> JobRunner:
    return JobRunner(database, grader, lease, send)


def check(name: str) -> CheckResult:
    return CheckResult(
        name=name, task="1", verdict=Verdict.ACCEPTED, points=1.0, max_points=1.0, visibility=Visibility.HIDDEN
    )


@pytest.fixture
def job_id(database: Database, student: User, now: datetime) -> int:
    with database.transaction() as session:
        return submit(session, student, "adaptive", [SourceFile("adaptive.py", CODE)], seed=7, now=now).id


@pytest.fixture
def comparison_id(database: Database, job_id: int) -> int:
    """The job of a comparison, whose checks are graded."""
    sent: list[int] = []
    runner_of(database, ScriptedGrader(plan=PLAN), send=sent.append).run(Queue.CPU)
    (found,) = sent
    return found


def job_of(database: Database, job_id: int) -> GradingJob:
    with database.reading() as session:
        return session.get_one(
            GradingJob, job_id, options=[selectinload(GradingJob.checks), selectinload(GradingJob.comparison)]
        )
