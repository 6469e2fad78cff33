"""The gradebook: for each student the best score of each exercise and quiz."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from grader.domain.verdict import JobStatus
from grader.store.tables import GradingJob, QuizAttempt, QuizScore, Role, Submission, User


@dataclass
class GradebookRow:
    """One student's line. `points` and `quiz_points` go from an exercise's slug to the best graded score."""

    user: User
    points: dict[str, float] = field(default_factory=dict)
    quiz_points: dict[str, float] = field(default_factory=dict)
    provisional: set[str] = field(default_factory=set)
    """The exercises whose quiz has a score that an instructor has yet to confirm."""


def gradebook(session: Session, users: Sequence[User] | None = None) -> list[GradebookRow]:
    """Return a row for each of the users (default: every student, by name). The best score of each counts."""
    if users is None:
        users = session.scalars(select(User).where(User.role == Role.STUDENT).order_by(User.display_name)).all()
    rows = {user.id: GradebookRow(user) for user in users}
    wanted = list(rows)
    scores = session.execute(
        select(Submission.user_id, Submission.exercise, func.max(GradingJob.points))
        .join(GradingJob.submission)
        .where(Submission.user_id.in_(wanted), GradingJob.status == JobStatus.GRADED)
        .group_by(Submission.user_id, Submission.exercise)
    )
    for user_id, exercise, points in scores:
        rows[user_id].points[exercise] = points or 0.0
    quizzes = session.execute(
        select(QuizAttempt.user_id, QuizAttempt.exercise, func.max(GradingJob.points))
        .join(GradingJob.quiz_attempt)
        .where(QuizAttempt.user_id.in_(wanted), GradingJob.status == JobStatus.GRADED)
        .group_by(QuizAttempt.user_id, QuizAttempt.exercise)
    )
    for user_id, exercise, points in quizzes:
        rows[user_id].quiz_points[exercise] = points or 0.0
    waiting = session.execute(
        select(QuizAttempt.user_id, QuizAttempt.exercise)
        .where(
            QuizAttempt.user_id.in_(wanted),
            exists().where(QuizScore.attempt_id == QuizAttempt.id, QuizScore.is_provisional),
        )
        .distinct()
    )
    for user_id, exercise in waiting:
        rows[user_id].provisional.add(exercise)
    return list(rows.values())
