"""Results that are taken over: a student's same files under the same conditions are not graded twice.

The seed is not among the conditions. It differs between attempts so that nobody can learn it, not because the verdict
depends on it; who hands in the same file again and again fishes in vain for a lucky one.
"""

from __future__ import annotations

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, selectinload

from grader.domain.comparison import ComparisonReport
from grader.domain.report import Report
from grader.domain.verdict import JobStatus, Verdict
from grader.store.jobs import Claim, comparison_of, report_of
from grader.store.tables import CheckRow, GradingJob, Submission

OF_THE_MOMENT = (Verdict.INTERNAL_ERROR, Verdict.TIME_LIMIT, Verdict.MEMORY_LIMIT)
"""What a busy machine can cause, too: it is tried again."""


def known_report(session: Session, claim: Claim, suite_version: str, environment: str) -> Known | None:
    """Return the result that a claimed job can take over, if there is one.

    A submission that is graded again is graded: somebody doubts the result.
    """
    job = session.get_one(GradingJob, claim.job_id)
    submission = session.get_one(Submission, job.submission_id)
    gradings = select(func.count()).where(GradingJob.submission_id == submission.id, GradingJob.stage == job.stage)
    if (session.scalar(gradings) or 0) > 1:
        return None
    bad_check = exists().where(CheckRow.job_id == GradingJob.id, CheckRow.verdict.in_(OF_THE_MOMENT))
    known = session.scalar(
        select(GradingJob)
        .join(Submission, Submission.id == GradingJob.submission_id)
        .where(Submission.user_id == submission.user_id)  # nobody learns what another one has handed in
        .where(Submission.exercise == submission.exercise, Submission.content_hash == submission.content_hash)
        .where(GradingJob.stage == job.stage, GradingJob.status == JobStatus.GRADED)
        .where(GradingJob.suite_version == suite_version, GradingJob.environment == environment)
        .where(GradingJob.reused_job_id.is_(None), GradingJob.verdict.not_in(OF_THE_MOMENT), ~bad_check)
        .options(selectinload(GradingJob.checks), selectinload(GradingJob.details))
        .order_by(GradingJob.id.desc())
        .limit(1)
    )
    return None if known is None else Known(known, submission.exercise)


class Known:
    """A result that was found before."""

    def __init__(self, job: GradingJob, exercise: str) -> None:
        self.job_id, self.seed = job.id, job.seed
        self._job, self._exercise = job, exercise

    def of_the_checks(self) -> Report:
        """Return the report of the checks, without a comparison."""
        return report_of(self._job, self._exercise, with_comparison=False)

    def of_the_comparison(self) -> ComparisonReport:
        """Return the report of a comparison."""
        return comparison_of(self._job)
