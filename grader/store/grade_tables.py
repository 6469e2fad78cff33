"""The tables of what counts: recorded grades, what staff have set by hand, and who did what."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grader.store.columns import Base, EnumText, UtcDateTime
from grader.store.tables import User


class GradeKind(StrEnum):
    """What a grade is for."""

    EXERCISE = "exercise"
    QUIZ = "quiz"


class Grade(Base):
    """The grade of a student for an exercise or its quiz: the best of what was graded, written by `store.grades`.

    One row for each, so that a course's gradebook is read and not computed.
    """

    __tablename__ = "grades"
    __table_args__ = (CheckConstraint("points >= 0", name="points_not_negative"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    exercise: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[GradeKind] = mapped_column(EnumText(GradeKind), primary_key=True)
    points: Mapped[float]
    is_provisional: Mapped[bool]
    """Whether the comparison of the attempt that counts has not ended, or an instructor has yet to read an answer."""
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Override(Base):
    """Points that staff have set in the place of a grade, with the reason."""

    __tablename__ = "overrides"
    __table_args__ = (CheckConstraint("points >= 0", name="points_not_negative"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    exercise: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[GradeKind] = mapped_column(EnumText(GradeKind), primary_key=True)
    points: Mapped[float]
    reason: Mapped[str] = mapped_column(Text)
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Extension(Base):
    """A later last moment of one student for one exercise."""

    __tablename__ = "extensions"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    exercise: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text)
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditEntry(Base):
    """What somebody did to the work or the grade of another, or the operator by a command; never changed."""

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Who did it; nobody where it was done by a command."""
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(256))
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    actor: Mapped[User | None] = relationship()
