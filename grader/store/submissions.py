"""Submissions: storing one together with its grading job, and reading them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from grader.domain.submission import SourceFile
from grader.store.accounts import one_at_a_time
from grader.store.tables import GradingJob, Submission, SubmissionFile, User


def submit(
    session: Session, user: User, exercise: str, files: Sequence[SourceFile], *, seed: int, now: datetime
) -> GradingJob:
    """Store a submission and its grading job in the caller's one transaction; send the job after the commit.

    `seed` is the attempt's secret seed, at least 0 and below 2**31.
    """
    one_at_a_time(session, user)
    last = session.scalar(
        select(func.max(Submission.attempt_no)).where(Submission.user_id == user.id, Submission.exercise == exercise)
    )
    submission = Submission(user_id=user.id, exercise=exercise, attempt_no=(last or 0) + 1, created_at=now)
    submission.files = [SubmissionFile(name=file.name, content=file.content) for file in files]
    job = GradingJob(submission=submission, seed=seed, created_at=now)
    session.add_all([submission, job])
    session.flush()
    return job


def submission_by_id(session: Session, submission_id: int) -> Submission | None:
    """Return a submission with its student, files and jobs, and all that both stages of these have found."""
    of_a_job = selectinload(Submission.jobs)
    of_a_comparison = of_a_job.selectinload(GradingJob.comparison)
    return session.scalar(
        select(Submission)
        .where(Submission.id == submission_id)
        .options(
            joinedload(Submission.user),
            selectinload(Submission.files),
            of_a_job.selectinload(GradingJob.checks),
            of_a_comparison.selectinload(GradingJob.checks),
            of_a_comparison.selectinload(GradingJob.details),
        )
    )


def history(session: Session, user: User, exercise: str) -> Sequence[Submission]:
    """Return a student's submissions for one exercise with the jobs of both stages, newest first."""
    return session.scalars(
        select(Submission)
        .where(Submission.user_id == user.id, Submission.exercise == exercise)
        .options(selectinload(Submission.jobs).selectinload(GradingJob.comparison))
        .order_by(Submission.attempt_no.desc())
    ).all()


def recent(session: Session, *, limit: int, before_id: int | None = None) -> Sequence[Submission]:
    """Return the newest submissions of everybody with the jobs of both stages, for staff.

    `before_id` continues an earlier page.
    """
    query = select(Submission).options(
        joinedload(Submission.user), selectinload(Submission.jobs).selectinload(GradingJob.comparison)
    )
    if before_id is not None:
        query = query.where(Submission.id < before_id)
    return session.scalars(query.order_by(Submission.id.desc()).limit(limit)).all()
