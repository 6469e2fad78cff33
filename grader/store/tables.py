"""The tables. Constraints, not code, make a second grade or a second attempt of the same number impossible."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from grader.domain.check import Visibility
from grader.domain.verdict import JobStatus, Verdict


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, aware and in UTC on the Python side, whatever the database keeps."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive time was given to the database: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class EnumText(TypeDecorator[StrEnum]):
    """A `StrEnum` kept as its text, so that a new word needs no migration."""

    impl = String(32)
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        return None if value is None else self.kind(value)


class Base(DeclarativeBase):
    """The root of all tables; named constraints, so that a migration can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Role(StrEnum):
    STUDENT = "student"
    INSTRUCTOR = "instructor"


class User(Base):
    """Somebody who can log in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(128))
    role: Mapped[Role] = mapped_column(EnumText(Role))
    password_hash: Mapped[str] = mapped_column(String(256))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Submission(Base):
    """One immutable upload of one student for one exercise."""

    __tablename__ = "submissions"
    __table_args__ = (UniqueConstraint("user_id", "exercise", "attempt_no"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    exercise: Mapped[str] = mapped_column(String(64))
    attempt_no: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()
    files: Mapped[list[SubmissionFile]] = relationship(order_by="SubmissionFile.name")
    jobs: Mapped[list[GradingJob]] = relationship(back_populates="submission", order_by="GradingJob.id")


class SubmissionFile(Base):
    """One file of a submission, as its bytes came."""

    __tablename__ = "submission_files"
    __table_args__ = (UniqueConstraint("submission_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    name: Mapped[str] = mapped_column(String(128))
    content: Mapped[bytes] = mapped_column(LargeBinary)


class QuizAttempt(Base):
    """One immutable set of answers of one student to one exercise's quiz."""

    __tablename__ = "quiz_attempts"
    __table_args__ = (UniqueConstraint("user_id", "exercise", "attempt_no"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    exercise: Mapped[str] = mapped_column(String(64))
    attempt_no: Mapped[int]
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()
    job: Mapped[GradingJob] = relationship(back_populates="quiz_attempt")
    scores: Mapped[list[QuizScore]] = relationship(order_by="QuizScore.id")


class QuizScore(Base):
    """What one answer earned; a provisional one waits for an instructor."""

    __tablename__ = "quiz_scores"
    __table_args__ = (UniqueConstraint("attempt_id", "question"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("quiz_attempts.id"))
    question: Mapped[str] = mapped_column(String(64))
    points: Mapped[float]
    max_points: Mapped[float]
    is_provisional: Mapped[bool]
    explanation: Mapped[str] = mapped_column(Text)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    confirmed_by: Mapped[User | None] = relationship()


class GradingJob(Base):
    """One execution of the grader for a submission or a quiz attempt, and its result.

    While it is `running`, only the holder of `token` may write, and only until `leased_until`.
    """

    __tablename__ = "grading_jobs"
    __table_args__ = (
        CheckConstraint("(submission_id IS NULL) <> (quiz_attempt_id IS NULL)", name="one_subject"),
        UniqueConstraint("quiz_attempt_id"),
        Index(None, "submission_id"),
        Index(None, "status", "leased_until"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
    quiz_attempt_id: Mapped[int | None] = mapped_column(ForeignKey("quiz_attempts.id"))
    status: Mapped[JobStatus] = mapped_column(EnumText(JobStatus), default=JobStatus.QUEUED)
    seed: Mapped[int]
    tries: Mapped[int] = mapped_column(default=0)
    token: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    verdict: Mapped[Verdict | None] = mapped_column(EnumText(Verdict))
    points: Mapped[float | None]
    max_points: Mapped[float | None]
    message: Mapped[str] = mapped_column(Text, default="")
    failure: Mapped[Verdict | None] = mapped_column(EnumText(Verdict))
    misconceptions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    tier: Mapped[str | None] = mapped_column(String(32))
    suite_version: Mapped[str | None] = mapped_column(String(64))
    seconds: Mapped[float | None]
    diagnostics: Mapped[str] = mapped_column(Text, default="")

    submission: Mapped[Submission | None] = relationship(back_populates="jobs")
    quiz_attempt: Mapped[QuizAttempt | None] = relationship(back_populates="job")
    checks: Mapped[list[CheckRow]] = relationship(order_by="CheckRow.id", cascade="all, delete-orphan")


class CheckRow(Base):
    """How one check of a job ended; rows appear while the checks finish."""

    __tablename__ = "check_results"
    __table_args__ = (UniqueConstraint("job_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("grading_jobs.id"))
    name: Mapped[str] = mapped_column(String(128))
    task: Mapped[str] = mapped_column(String(32))
    verdict: Mapped[Verdict] = mapped_column(EnumText(Verdict))
    points: Mapped[float]
    max_points: Mapped[float]
    visibility: Mapped[Visibility] = mapped_column(EnumText(Visibility))
    message: Mapped[str] = mapped_column(Text)
    hint: Mapped[str] = mapped_column(Text)
    fault: Mapped[str] = mapped_column(Text)
