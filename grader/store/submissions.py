"""Submissions: storing one together with its grading job, and reading them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from grader.domain.queues import Queue, place_of, stepped_back
from grader.domain.submission import SourceFile, content_hash
from grader.domain.verdict import JobStatus
from grader.store.accounts import one_at_a_time
from grader.store.tables import IS_UNFINISHED, GradingJob, Submission, SubmissionFile, User


def submit(
    session: Session,
    user: User,
    exercise: str,
    files: Sequence[SourceFile],
    *,
    seed: int,
    now: datetime,
    due: datetime | None = None,
    request_key: str | None = None,
) -> GradingJob:
    """Store a submission and its grading job in the caller's one transaction; send the job after the commit.

    `seed` is the attempt's secret seed, at least 0 and below 2**31; `due` is when the student has to hand in, if ever.
    A student's submissions that still wait step back behind this one. A `request_key` can be used once for a student.
    """
    one_at_a_time(session, user.id)
    last = session.scalar(
        select(func.max(Submission.attempt_no)).where(Submission.user_id == user.id, Submission.exercise == exercise)
    )
    submission = Submission(
        user_id=user.id,
        exercise=exercise,
        attempt_no=(last or 0) + 1,
        request_key=request_key,
        content_hash=content_hash(files),
        created_at=now,
    )
    submission.files = [SubmissionFile(name=file.name, content=file.content) for file in files]
    place = place_of(now, due)
    waiting = _waiting_of(session, user)
    for job, stepped in zip(waiting, stepped_back(place, [job.order_at for job in waiting]), strict=True):
        job.order_at = stepped
    job = GradingJob(submission=submission, seed=seed, created_at=now, queue=Queue.CPU, order_at=place)
    session.add_all([submission, job])
    session.flush()
    return job


def _waiting_of(session: Session, user: User) -> Sequence[GradingJob]:
    """Return the jobs of a student's submissions whose checks wait, the newest first."""
    return session.scalars(
        select(GradingJob)
        .join(Submission, Submission.id == GradingJob.submission_id)
        .where(GradingJob.queue == Queue.CPU, IS_UNFINISHED, GradingJob.status == JobStatus.QUEUED)
        .where(Submission.user_id == user.id)
        .order_by(GradingJob.id.desc())
    ).all()


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
            of_a_job.selectinload(GradingJob.events),
            of_a_comparison.selectinload(GradingJob.events),
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
