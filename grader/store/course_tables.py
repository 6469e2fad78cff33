"""The tables of the course: who takes part in it, and which version of its hidden suites has graded last."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from grader.store.columns import Base, EnumText, UtcDateTime
from grader.store.tables import Role


class Course(Base):
    """A course. Its exercises come from the folder of the settings, so an installation has one."""

    __tablename__ = "courses"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Enrolment(Base):
    """Somebody who takes part in a course, as what."""

    __tablename__ = "enrolments"

    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[Role] = mapped_column(EnumText(Role))
    enrolled_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ExerciseRow(Base):
    """An exercise of a course, and the version of its suite that has graded last, as workers say."""

    __tablename__ = "exercises"
    __table_args__ = (UniqueConstraint("course_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("courses.id"))
    slug: Mapped[str] = mapped_column(String(64))
    suite_version: Mapped[str] = mapped_column(String(64))
    suite_since: Mapped[datetime] = mapped_column(UtcDateTime)
