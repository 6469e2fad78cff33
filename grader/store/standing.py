"""Where things stand, in the small queries that pages ask often: a job, a student's exercises, what waits for staff."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, exists, func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from grader.domain.comparison import Stage
from grader.domain.submission import SourceFile, content_hash
from grader.domain.verdict import UNFINISHED, JobStatus
from grader.store.accounts import one_at_a_time
from grader.store.quizzes import Answers
from grader.store.tables import CheckRow, GradingJob, QuizAttempt, QuizScore, Submission, User

_SAME_CLICK = timedelta(seconds=20)
"""Nobody hands in the same files twice within this time on purpose."""
_NEVER_GRADED = (JobStatus.FAILED, JobStatus.CANCELLED)


@dataclass(frozen=True)
class StageProgress:
    """How far one stage is."""

    status: JobStatus
    tries: int
    checks: int

    @property
    def order(self) -> tuple[int, ...]:
        """Grows with every step: tries only go up, and a job that was put back waits after it ran."""
        return (self.tries, _ORDER[self.status], self.checks)


_ORDER = {JobStatus.RUNNING: 0, JobStatus.QUEUED: 1} | dict.fromkeys(set(JobStatus) - set(UNFINISHED), 2)


@dataclass(frozen=True)
class Progress(StageProgress):
    """How far a grading job is: when two of these differ, a page has something new to show."""

    comparison: StageProgress | None = None

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more, in either stage."""
        return self.status.is_final and (self.comparison is None or self.comparison.status.is_final)

    @property
    def is_waiting(self) -> bool:
        """Whether a stage waits for a worker."""
        return JobStatus.QUEUED in (self.status, self.comparison and self.comparison.status)

    @property
    def order(self) -> tuple[int, ...]:
        """Grows with every step of either stage, so that two states of one job can be told as older and newer."""
        return super().order + (self.comparison.order if self.comparison else ())


def progress(session: Session, job_ids: Collection[int]) -> dict[int, Progress]:
    """Return how far these jobs of checks or quizzes are, with the comparisons that follow them.

    It is one query for all of them, which may be repeated several times a second. A job that is not there is left out.
    """
    comparison = aliased(GradingJob)
    rows = session.execute(
        select(GradingJob.id, GradingJob.status, GradingJob.tries, _checks_of(GradingJob))
        .add_columns(comparison.status, comparison.tries, _checks_of(comparison))
        .outerjoin(comparison, comparison.checks_job_id == GradingJob.id)
        .where(GradingJob.id.in_(job_ids))
    )
    return {
        job_id: Progress(status, tries, checks, None if following[0] is None else StageProgress(*following))
        for job_id, status, tries, checks, *following in rows
    }


def progress_of(job: GradingJob) -> Progress:
    """Return how far a job was when it was loaded, with its checks and its comparison."""
    if job.submission_id is None:
        return Progress(job.status, job.tries, 0)
    following = job.comparison
    return Progress(
        job.status,
        job.tries,
        len(job.checks),
        None if following is None else StageProgress(following.status, following.tries, len(following.checks)),
    )


def _checks_of(job: type[GradingJob]) -> ScalarSelect[int]:
    return select(func.count()).where(CheckRow.job_id == job.id).scalar_subquery()


@dataclass(frozen=True)
class Standing:
    """A student's work on one exercise so far."""

    attempts: int
    is_waiting: bool


def standings(session: Session, user: User) -> dict[str, Standing]:
    """Return for each exercise that a student has submitted how often, and whether a job of either stage is
    unfinished.
    """
    waiting = func.count(GradingJob.id).filter(GradingJob.status.in_(UNFINISHED))
    rows = session.execute(
        select(Submission.exercise, func.max(Submission.attempt_no), waiting)
        .outerjoin(GradingJob, GradingJob.submission_id == Submission.id)
        .where(Submission.user_id == user.id)
        .group_by(Submission.exercise)
    )
    return {exercise: Standing(attempts, unfinished > 0) for exercise, attempts, unfinished in rows}


def counted_attempts(session: Session, user: User, exercise: str) -> list[datetime]:
    """Return when a student's submissions for an exercise came that use up an attempt, the earliest first.

    What was cancelled, and what the grader could not grade, counts for nothing.
    """
    counts = exists().where(
        GradingJob.submission_id == Submission.id,
        GradingJob.stage == Stage.CHECKS,
        GradingJob.status.not_in((JobStatus.FAILED, JobStatus.CANCELLED)),
    )
    return list(
        session.scalars(
            select(Submission.created_at)
            .where(Submission.user_id == user.id, Submission.exercise == exercise, counts)
            .order_by(Submission.attempt_no)
        )
    )


def same_request(
    session: Session, user: User, exercise: str, files: Sequence[SourceFile], request_key: str | None, *, now: datetime
) -> Submission | None:
    """Return the submission that this request has made already: by the key of its form, or by its files.

    The same files make no other submission while they wait for a stage of their grade, nor shortly after they came: a
    double click, a second tab. Also makes the rest of the transaction wait for other submissions of the same student,
    so that two requests at once cannot both find nothing. (SQLite's transactions do so by themselves.)
    """
    one_at_a_time(session, user.id)
    if request_key is not None:
        known = session.scalar(
            select(Submission).where(Submission.user_id == user.id, Submission.request_key == request_key)
        )
        if known is not None:
            return known
    last = session.scalar(
        select(Submission)
        .where(Submission.user_id == user.id, Submission.exercise == exercise)
        .options(selectinload(Submission.jobs).selectinload(GradingJob.comparison))
        .order_by(Submission.attempt_no.desc())
        .limit(1)
    )
    if last is None or last.content_hash != content_hash(files):
        return None
    is_new = now - last.created_at < _SAME_CLICK and last.current.status not in _NEVER_GRADED
    return last if is_new or not all(job.is_complete for job in last.jobs) else None


def unfinished_answers_twin(session: Session, user: User, exercise: str, answers: Answers) -> QuizAttempt | None:
    """Return the student's last quiz attempt if it holds these very answers and waits for its score."""
    one_at_a_time(session, user.id)
    last = session.scalar(
        select(QuizAttempt)
        .where(QuizAttempt.user_id == user.id, QuizAttempt.exercise == exercise)
        .options(joinedload(QuizAttempt.job))
        .order_by(QuizAttempt.attempt_no.desc())
        .limit(1)
    )
    if last is None or last.job.status.is_final:
        return None
    return last if last.answers == dict(answers) else None


def count_unconfirmed(session: Session) -> int:
    """Return how many provisional scores wait for an instructor."""
    return session.scalar(select(func.count()).where(QuizScore.is_provisional)) or 0


def unconfirmed_answers(session: Session, *, limit: int) -> Sequence[tuple[QuizScore, QuizAttempt]]:
    """Return the oldest provisional scores with the attempts (and students) that they belong to."""
    rows = session.execute(
        select(QuizScore, QuizAttempt)
        .join(QuizAttempt, QuizAttempt.id == QuizScore.attempt_id)
        .where(QuizScore.is_provisional)
        .options(joinedload(QuizAttempt.user))
        .order_by(QuizScore.id)
        .limit(limit)
    )
    return [(score, attempt) for score, attempt in rows]


def score_by_id(session: Session, score_id: int) -> QuizScore | None:
    """Return the score of one answer."""
    return session.get(QuizScore, score_id)
