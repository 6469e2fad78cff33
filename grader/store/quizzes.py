"""Quiz attempts: storing answers with their job, writing scores, an instructor's confirmation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from grader.domain.errors import UploadRefused
from grader.domain.queues import HEAD_START, Queue
from grader.domain.quiz import AnswerScore
from grader.store.accounts import one_at_a_time
from grader.store.grades import record_grade_of_job
from grader.store.tables import GradingJob, QuizAttempt, QuizScore, User

Answers = Mapping[str, str | list[str]]


def submit_answers(
    session: Session, user: User, exercise: str, answers: Answers, *, allowed: int, now: datetime
) -> GradingJob:
    """Store a quiz attempt and its job in the caller's one transaction. Raises `UploadRefused` when none is left."""
    one_at_a_time(session, user.id)
    used = attempts_used(session, user, exercise)
    if used >= allowed:
        raise UploadRefused(f"This quiz can be handed in {allowed} times, and you have done so.")
    attempt = QuizAttempt(
        user_id=user.id, exercise=exercise, attempt_no=used + 1, answers=dict(answers), created_at=now
    )
    job = GradingJob(
        quiz_attempt=attempt, seed=0, created_at=now, queue=Queue.CPU, order_at=now - HEAD_START
    )  # scored in a moment: it keeps nobody waiting
    session.add_all([attempt, job])
    session.flush()
    return job


def attempts_used(session: Session, user: User, exercise: str) -> int:
    """Return how often a student has handed in this quiz."""
    last = session.scalar(
        select(func.max(QuizAttempt.attempt_no)).where(QuizAttempt.user_id == user.id, QuizAttempt.exercise == exercise)
    )
    return last or 0


def write_scores(session: Session, attempt_id: int, scores: Sequence[AnswerScore]) -> None:
    """Store what the answers earned; called under the job's claim, in the transaction that finishes it."""
    session.execute(delete(QuizScore).where(QuizScore.attempt_id == attempt_id))
    session.add_all(
        QuizScore(
            attempt_id=attempt_id,
            question=score.question,
            points=score.points,
            max_points=score.max_points,
            is_provisional=score.is_provisional,
            explanation=score.explanation,
        )
        for score in scores
    )


def attempt_by_id(session: Session, attempt_id: int) -> QuizAttempt | None:
    """Return an attempt with its student, job and scores."""
    return session.scalar(
        select(QuizAttempt)
        .where(QuizAttempt.id == attempt_id)
        .options(joinedload(QuizAttempt.user), joinedload(QuizAttempt.job), selectinload(QuizAttempt.scores))
    )


def quiz_history(session: Session, user: User, exercise: str) -> Sequence[QuizAttempt]:
    """Return a student's attempts at one quiz with their jobs and scores, newest first."""
    return session.scalars(
        select(QuizAttempt)
        .where(QuizAttempt.user_id == user.id, QuizAttempt.exercise == exercise)
        .options(joinedload(QuizAttempt.job), selectinload(QuizAttempt.scores))
        .order_by(QuizAttempt.attempt_no.desc())
    ).all()


def confirm_score(session: Session, score: QuizScore, points: float, instructor: User, *, now: datetime) -> None:
    """Let an instructor settle a provisional score; the attempt's total follows. `points` is within the maximum."""
    if not 0 <= points <= score.max_points:
        raise ValueError(f"points must lie between 0 and {score.max_points:g}, not {points:g}")
    score.points, score.is_provisional = points, False
    score.confirmed_by_id, score.confirmed_at = instructor.id, now
    attempt = attempt_by_id(session, score.attempt_id)
    assert attempt is not None, "a score belongs to an attempt"
    attempt.job.points = sum(found.points for found in attempt.scores)
    record_grade_of_job(session, attempt.job.id, now=now)
