"""Recorded grades: the best of what was graded, kept up to date in the transaction that changes it.

A submission counts with its newest grading that has a verdict, the comparison included; among a student's submissions
for an exercise the best counts, among attempts at a quiz too.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session, aliased

from grader.domain.comparison import Stage
from grader.domain.verdict import UNFINISHED, JobStatus
from grader.store.accounts import one_at_a_time
from grader.store.grade_tables import Grade, GradeKind
from grader.store.tables import GradingJob, QuizAttempt, QuizScore, Submission


def record_grade_of_job(session: Session, job_id: int, *, now: datetime) -> None:
    """Record the grade that the job of a submission or of a quiz attempt belongs to, as it is after a change."""
    job = session.get_one(GradingJob, job_id)
    session.flush()
    if job.submission_id is not None:
        user_id, exercise = session.execute(
            select(Submission.user_id, Submission.exercise).where(Submission.id == job.submission_id)
        ).one()
        _record(session, user_id, exercise, GradeKind.EXERCISE, now)
    else:
        user_id, exercise = session.execute(
            select(QuizAttempt.user_id, QuizAttempt.exercise).where(QuizAttempt.id == job.quiz_attempt_id)
        ).one()
        _record(session, user_id, exercise, GradeKind.QUIZ, now)


def _record(session: Session, user_id: int, exercise: str, kind: GradeKind, now: datetime) -> None:
    one_at_a_time(session, user_id)
    find = _best_submission if kind is GradeKind.EXERCISE else _best_quiz
    best = find(session, user_id, exercise)
    if best is None:
        session.execute(delete(Grade).where(Grade.user_id == user_id, Grade.exercise == exercise, Grade.kind == kind))
        return
    points, is_provisional = best
    session.merge(
        Grade(
            user_id=user_id,
            exercise=exercise,
            kind=kind,
            points=points,
            is_provisional=is_provisional,
            recorded_at=now,
        )
    )


def _best_submission(session: Session, user_id: int, exercise: str) -> tuple[float, bool] | None:
    comparison, newer = aliased(GradingJob), aliased(GradingJob)
    total = GradingJob.points + func.coalesce(comparison.points, 0.0)
    newest = select(func.max(newer.id)).where(
        newer.submission_id == Submission.id, newer.stage == Stage.CHECKS, newer.status == JobStatus.GRADED
    )
    row = session.execute(
        select(total, func.coalesce(comparison.status.in_(UNFINISHED), False))
        .select_from(Submission)
        .join(GradingJob, GradingJob.id == newest.correlate(Submission).scalar_subquery())
        .outerjoin(comparison, comparison.checks_job_id == GradingJob.id)
        .where(Submission.user_id == user_id, Submission.exercise == exercise)
        .order_by(total.desc(), Submission.attempt_no)
        .limit(1)
    ).one_or_none()
    return None if row is None else (row[0] or 0.0, bool(row[1]))


def _best_quiz(session: Session, user_id: int, exercise: str) -> tuple[float, bool] | None:
    waiting = exists().where(QuizScore.attempt_id == QuizAttempt.id, QuizScore.is_provisional)
    rows = session.execute(
        select(GradingJob.points, waiting)
        .join(GradingJob.quiz_attempt)
        .where(QuizAttempt.user_id == user_id, QuizAttempt.exercise == exercise)
        .where(GradingJob.status == JobStatus.GRADED)
        .order_by(GradingJob.points.desc())
    ).all()
    return (rows[0][0] or 0.0, any(provisional for _, provisional in rows)) if rows else None
