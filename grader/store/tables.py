"""The tables. Constraints, not code, make a second grade or a second attempt of the same number impossible."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import Device, Stage
from grader.domain.queues import Queue
from grader.domain.verdict import UNFINISHED, JobStatus, Verdict, worst
from grader.store.columns import Base, EnumText, UtcDateTime


class JobEventKind(StrEnum):
    """What can happen to a job after it was stored."""

    TAKEN = "taken"
    PUT_BACK = "put back"  # after a fault of the grader
    GIVEN_BACK = "given back"  # by a worker that had to end at once
    GRADED = "graded"
    FAILED = "failed"
    CANCELLED = "cancelled"


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
    __table_args__ = (
        UniqueConstraint("user_id", "exercise", "attempt_no"),
        UniqueConstraint("user_id", "request_key"),
        Index(None, "created_at"),
        Index(None, "exercise", "content_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    exercise: Mapped[str] = mapped_column(String(64))
    attempt_no: Mapped[int]
    request_key: Mapped[str | None] = mapped_column(String(64))
    """What the form was sent with: the same request that comes again is no other submission."""
    content_hash: Mapped[str] = mapped_column(String(64))
    """SHA-256 over its files, see `grader.domain.submission.content_hash`."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()
    files: Mapped[list[SubmissionFile]] = relationship(order_by="SubmissionFile.name")
    jobs: Mapped[list[GradingJob]] = relationship(
        back_populates="submission",
        order_by="GradingJob.id",
        primaryjoin=lambda: and_(Submission.id == GradingJob.submission_id, GradingJob.stage == Stage.CHECKS),
    )
    """The gradings of this upload, the newest last; the comparison of each hangs on its job."""

    @property
    def current(self) -> GradingJob:
        """The grading that counts: the newest that has a verdict; as long as there is none, the newest."""
        graded = [job for job in self.jobs if job.status is JobStatus.GRADED]
        return graded[-1] if graded else self.newest

    @property
    def newest(self) -> GradingJob:
        """The last grading that was asked for, with a verdict or without."""
        return self.jobs[-1]


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


_UNFINISHED = text("status IN ('queued', 'running')")


class GradingJob(Base):
    """One execution of the grader for a submission or a quiz attempt, and its result.

    While it is `running`, only the holder of `token` may write, and only until `leased_until`. A submission is graded
    in two stages, each of them a job of its own: the checks and, where the exercise has one, the comparison.
    """

    __tablename__ = "grading_jobs"
    __table_args__ = (
        CheckConstraint("(submission_id IS NULL) <> (quiz_attempt_id IS NULL)", name="one_subject"),
        CheckConstraint("(stage = 'comparison') = (checks_job_id IS NOT NULL)", name="comparison_follows_checks"),
        UniqueConstraint("quiz_attempt_id"),
        UniqueConstraint("checks_job_id"),
        Index(None, "submission_id"),
        # The line of each queue: what is done with is not in it, however much there is.
        Index(
            "ix_grading_jobs_line", "queue", "order_at", "id", sqlite_where=_UNFINISHED, postgresql_where=_UNFINISHED
        ),
        # A submission is never graded twice at the same time, whoever asks for it.
        Index(
            "uq_grading_jobs_unfinished",
            "submission_id",
            "stage",
            unique=True,
            sqlite_where=_UNFINISHED,
            postgresql_where=_UNFINISHED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
    quiz_attempt_id: Mapped[int | None] = mapped_column(ForeignKey("quiz_attempts.id"))
    stage: Mapped[Stage] = mapped_column(EnumText(Stage), default=Stage.CHECKS)
    checks_job_id: Mapped[int | None] = mapped_column(ForeignKey("grading_jobs.id"))
    """The job whose checks gave the provisional score that this comparison completes."""
    device: Mapped[Device | None] = mapped_column(EnumText(Device))
    """Where a comparison wants to train."""
    queue: Mapped[Queue] = mapped_column(EnumText(Queue))
    order_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """The place in the queue: smaller goes first; see `grader.domain.queues`."""
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
    environment: Mapped[str | None] = mapped_column(String(128))
    """What else the result depends on: the versions of the grader and of torch, the class of device."""
    reused_job_id: Mapped[int | None] = mapped_column(ForeignKey("grading_jobs.id"))
    """The job that graded the same files under the same conditions, where its result was taken over."""
    seconds: Mapped[float | None]
    diagnostics: Mapped[str] = mapped_column(Text, default="")

    submission: Mapped[Submission | None] = relationship(back_populates="jobs")
    quiz_attempt: Mapped[QuizAttempt | None] = relationship(back_populates="job")
    checks: Mapped[list[CheckRow]] = relationship(order_by="CheckRow.id", cascade="all, delete-orphan")
    comparison: Mapped[GradingJob | None] = relationship(foreign_keys=[checks_job_id], viewonly=True)
    """The second stage of a checks job, once the checks have ended."""
    details: Mapped[ComparisonDetails | None] = relationship()
    events: Mapped[list[JobEvent]] = relationship(order_by="JobEvent.id")

    @property
    def is_complete(self) -> bool:
        """Whether the verdict stands, and that of the comparison as well if there is one."""
        following = self._following
        return self.status.is_final and (following is None or following.status.is_final)

    @property
    def total_points(self) -> float | None:
        """The points so far: those of the checks, and those of the comparison once it is graded."""
        following = self._following
        if self.points is None or following is None:
            return self.points
        return self.points + (following.points or 0.0)

    @property
    def overall_verdict(self) -> Verdict | None:
        """The worst of what the stages have found so far."""
        following = self._following
        if self.verdict is None or following is None or following.verdict is None:
            return self.verdict
        return worst([self.verdict, following.verdict])

    @property
    def _following(self) -> GradingJob | None:
        """The comparison, asked for only where there can be one: neither a quiz nor a comparison has to load it."""
        return self.comparison if self.stage is Stage.CHECKS and self.submission_id is not None else None


IS_UNFINISHED = GradingJob.status.in_(bindparam("unfinished", UNFINISHED, expanding=True, literal_execute=True))
"""That a job waits or runs, in the very words of the partial indexes: SQLite uses these for no others, nor for values
that come as parameters."""


class ComparisonDetails(Base):
    """What only a submission's own page shows of a comparison; apart, so that no list of jobs loads its pictures."""

    __tablename__ = "comparison_details"

    job_id: Mapped[int] = mapped_column(ForeignKey("grading_jobs.id"), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    """`pictures` as `Picture.as_data` makes them, `device` in words, `notes`."""


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

    def result(self) -> CheckResult:
        """Return the row as the value that it was made of."""
        return CheckResult(
            name=self.name,
            task=self.task,
            verdict=self.verdict,
            points=self.points,
            max_points=self.max_points,
            visibility=self.visibility,
            message=self.message,
            hint=self.hint,
            fault=self.fault,
        )


class JobEvent(Base):
    """What happened to a job, in its order: who took it, who gave it back, how it ended. Never changed."""

    __tablename__ = "job_events"
    __table_args__ = (Index(None, "job_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey("grading_jobs.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[JobEventKind] = mapped_column(EnumText(JobEventKind))
    worker: Mapped[str] = mapped_column(String(128), default="")


class WorkerRow(Base):
    """A worker process that says again and again that it is there, and which queues it serves."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(128), primary_key=True)
    queues: Mapped[str] = mapped_column(String(64))
    """Their names, comma separated."""
    threads: Mapped[dict[str, int] | None] = mapped_column(JSON)
    """How many jobs of each queue the worker does at a time."""
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
