"""The gradebook of the course: what counts for each student, as it was recorded or set by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from grader.store.course_tables import Enrolment
from grader.store.grade_tables import Grade, GradeKind, Override
from grader.store.tables import Role, User

Picked = TypeVar("Picked")


@dataclass
class GradebookRow:
    """One student's line. `points` and `quiz_points` go from an exercise's slug to the points that count."""

    user: User
    points: dict[str, float] = field(default_factory=dict)
    quiz_points: dict[str, float] = field(default_factory=dict)
    provisional: set[str] = field(default_factory=set)
    """The exercises whose quiz has a score that an instructor has yet to confirm."""
    unfinished: set[str] = field(default_factory=set)
    """The exercises whose points are provisional: the comparison has not ended."""
    overridden: set[tuple[str, GradeKind]] = field(default_factory=set)
    """What staff have set by hand."""


def count_students(session: Session, named: str = "") -> int:
    """Return how many students are enrolled, or how many of them have this in one of their names."""
    return session.scalar(_students(select(func.count(User.id)), named)) or 0


def students(session: Session, named: str = "", *, limit: int, offset: int = 0) -> Sequence[User]:
    """Return enrolled students by name, some of them at a time; `named` is what one of their names has to hold."""
    return session.scalars(
        _students(select(User), named).order_by(User.display_name, User.id).limit(limit).offset(offset)
    ).all()


def _students(query: Select[Picked], named: str) -> Select[Picked]:
    query = query.join(Enrolment, Enrolment.user_id == User.id).where(Enrolment.role == Role.STUDENT)
    if named:
        query = query.where(or_(User.display_name.icontains(named, autoescape=True), User.username == named))
    return query


def gradebook(session: Session, users: Sequence[User] | None = None) -> list[GradebookRow]:
    """Return a row for each of the users (default: every enrolled student, by name)."""
    grades = select(Grade.user_id, Grade.exercise, Grade.kind, Grade.points, Grade.is_provisional)
    overrides = select(Override.user_id, Override.exercise, Override.kind, Override.points)
    if users is None:
        users = session.scalars(_students(select(User), "").order_by(User.display_name, User.id)).all()
    else:
        wanted = [user.id for user in users]
        grades, overrides = grades.where(Grade.user_id.in_(wanted)), overrides.where(Override.user_id.in_(wanted))
    rows = {user.id: GradebookRow(user) for user in users}
    for user_id, exercise, kind, points, is_provisional in session.execute(grades):
        row = rows.get(user_id)  # who is no longer enrolled has grades, but no line
        if row is None:
            continue
        (row.points if kind is GradeKind.EXERCISE else row.quiz_points)[exercise] = points
        if is_provisional:
            (row.unfinished if kind is GradeKind.EXERCISE else row.provisional).add(exercise)
    for user_id, exercise, kind, points in session.execute(overrides):
        if (row := rows.get(user_id)) is not None:
            (row.points if kind is GradeKind.EXERCISE else row.quiz_points)[exercise] = points
            row.overridden.add((exercise, kind))
    return list(rows.values())
