"""The course: enrolling, and the versions of suites that its submissions were graded with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from grader.store.course_tables import Course, Enrolment, ExerciseRow
from grader.store.tables import Role

COURSE = "course"
"""The slug of the one course that an installation has; its migration makes it."""


def enrol(session: Session, user_id: int, role: Role, *, now: datetime) -> None:
    """Enrol somebody in the course, or change as what."""
    session.merge(Enrolment(course_id=_course_id(session), user_id=user_id, role=role, enrolled_at=now))


def suite_seen(session: Session, exercise: str, version: str, *, now: datetime) -> None:
    """Note which version of an exercise's suite grades now. Workers that see a new one at once agree."""
    if newest_suite(session, exercise) == version:
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    seen = {"suite_version": version, "suite_since": now}
    session.execute(
        insert(ExerciseRow)
        .values(course_id=_course_id(session), slug=exercise, **seen)
        .on_conflict_do_update(index_elements=[ExerciseRow.course_id, ExerciseRow.slug], set_=seen)
    )


def newest_suite(session: Session, exercise: str) -> str | None:
    """Return the version of an exercise's suite that has graded last; `None` if nothing was graded yet."""
    return session.scalar(select(ExerciseRow.suite_version).where(ExerciseRow.slug == exercise))


def _course_id(session: Session) -> int:
    return session.scalars(select(Course.id).where(Course.slug == COURSE)).one()
