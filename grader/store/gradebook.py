"""The gradebook: for each student the best score of each exercise and quiz."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from grader.domain.comparison import Stage
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
    for user_id, exercise, points in _best(session, Submission, GradingJob.submission, wanted):
        rows[user_id].points[exercise] = points
    for user_id, exercise, points in _best(session, QuizAttempt, GradingJob.quiz_attempt, wanted):
        rows[user_id].quiz_points[exercise] = points
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


def _best(
    session: Session,
    handed_in: type[Submission] | type[QuizAttempt],
    of_the_job: InstrumentedAttribute[Any],
    users: Sequence[int],
) -> Iterator[tuple[int, str, float]]:
    """Yield the user, the exercise and the best graded points of what these users have handed in.

    What counts are the points of the checks and of the comparison that follows them; while that one has not ended,
    the provisional points.
    """
    comparison = aliased(GradingJob)
    points_of_both = GradingJob.points + func.coalesce(comparison.points, 0.0)
    best = session.execute(
        select(handed_in.user_id, handed_in.exercise, func.max(points_of_both))
        .select_from(GradingJob)
        .join(of_the_job)
        .outerjoin(comparison, comparison.checks_job_id == GradingJob.id)
        .where(handed_in.user_id.in_(users), GradingJob.stage == Stage.CHECKS, GradingJob.status == JobStatus.GRADED)
        .group_by(handed_in.user_id, handed_in.exercise)
    )
    for user_id, exercise, points in best:
        yield user_id, exercise, points or 0.0
