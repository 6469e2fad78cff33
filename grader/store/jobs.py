"""Grading jobs: claimed with a lease and a token, written once, put back when a worker dies.

Whatever a broker loses, doubles or delays, these statements decide who grades and whose result counts.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session, joinedload

from grader.domain.check import CheckResult
from grader.domain.comparison import ComparisonReport, Device, Plan, Stage
from grader.domain.errors import JobInUse, LeaseLost, NotNow
from grader.domain.misconception import Misconception
from grader.domain.picture import Picture
from grader.domain.queues import Queue
from grader.domain.quiz import AnswerScore
from grader.domain.report import Report
from grader.domain.verdict import UNFINISHED, JobStatus, Verdict
from grader.store.clock import database_now
from grader.store.courses import suite_seen
from grader.store.grades import record_grade_of_job
from grader.store.quizzes import write_scores
from grader.store.tables import (
    IS_UNFINISHED,
    CheckRow,
    ComparisonDetails,
    GradingJob,
    JobEvent,
    JobEventKind,
    QuizAttempt,
    Submission,
)

MAX_TRIES = 3

REGRADES_WAIT = timedelta(hours=1)
"""So far the comparison of something that is graded again stands behind those of new submissions."""


@dataclass(frozen=True)
class Claim:
    """The right to grade one job, until its lease ends."""

    job_id: int
    token: str


def claim_next(
    session: Session, queues: Sequence[Queue], *, now: datetime, lease: timedelta, worker: str = ""
) -> Claim | None:
    """Take the first job in these queues that is free. `None` if there is none. `worker` names who takes it.

    A message only says that there is something to do; what comes next is decided here, so a broker's order, and what it
    loses or doubles, change nothing. Raises `JobInUse` where one is free and another transaction holds it: that may be
    somebody who takes it, but also who has just sent its message and notes that, and no other message will come.
    """
    free = (
        select(GradingJob.id)
        .where(GradingJob.queue.in_(queues), IS_UNFINISHED)
        .where(GradingJob.tries < MAX_TRIES, _is_free(now))
        .order_by(GradingJob.order_at, GradingJob.id)
        .limit(1)
    )
    # Two who ask at once get two jobs; SQLite's writers take turns anyway.
    job_id = session.scalar(free.with_for_update(skip_locked=True))
    if job_id is not None:
        return claim(session, job_id, now=now, lease=lease, worker=worker)
    if session.scalar(free) is not None:
        raise JobInUse
    return None


def is_waiting(session: Session, queue: Queue) -> bool:
    """Return whether a job of this queue waits for a worker."""
    waiting = select(GradingJob.id).where(
        GradingJob.queue == queue, IS_UNFINISHED, GradingJob.status == JobStatus.QUEUED
    )
    return session.scalar(waiting.limit(1)) is not None


def claim(session: Session, job_id: int, *, now: datetime, lease: timedelta, worker: str = "") -> Claim | None:
    """Take this job if it is queued, or its worker let its lease run out. `None` if there is nothing to take."""
    token = secrets.token_hex(16)
    taken = session.execute(
        update(GradingJob)
        .where(GradingJob.id == job_id, GradingJob.tries < MAX_TRIES, _is_free(now))
        .values(
            status=JobStatus.RUNNING,
            token=token,
            leased_until=now + lease,
            tries=GradingJob.tries + 1,
            started_at=now,
        )
    )
    if taken.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        return None
    session.execute(delete(CheckRow).where(CheckRow.job_id == job_id))
    _note(session, job_id, JobEventKind.TAKEN, now, worker)
    return Claim(job_id, token)


def renew(session: Session, claim: Claim, *, now: datetime, lease: timedelta) -> None:
    """Prolong the lease. Raises `LeaseLost` if the job is no longer this claim's."""
    _write(session, claim, leased_until=now + lease)


def claimed_job(session: Session, claim: Claim) -> GradingJob:
    """Return the claimed job with the submission and its files, or the quiz attempt. Raises `LeaseLost`."""
    job = session.scalar(
        select(GradingJob)
        .where(GradingJob.id == claim.job_id, GradingJob.token == claim.token)
        .options(
            joinedload(GradingJob.submission).selectinload(Submission.files),
            joinedload(GradingJob.quiz_attempt).joinedload(QuizAttempt.user),
        )
    )
    if job is None:
        raise LeaseLost(f"job {claim.job_id} is no longer this worker's")
    return job


def record_checks(
    session: Session, claim: Claim, results: Sequence[CheckResult], *, now: datetime, lease: timedelta
) -> None:
    """Store finished checks, so that the student's page can show them, and prolong the lease. Raises `LeaseLost`."""
    renew(session, claim, now=now, lease=lease)
    session.add_all(CheckRow(job_id=claim.job_id, **asdict(result)) for result in results)


@dataclass(frozen=True)
class Origin:
    """Where a result comes from: the environment that it depends on, and the job that it was taken over from."""

    environment: str | None = None
    reused_job_id: int | None = None


def finish(
    session: Session,
    claim: Claim,
    report: Report,
    *,
    now: datetime,
    comparison: Plan | None = None,
    origin: Origin = Origin(),
) -> GradingJob | None:
    """Write the verdict of the checks, once, and store the job of the comparison that follows, in one transaction.

    None follows without a plan, or where something ended the job before its checks ran. Returns the comparison's job,
    to be sent after the commit. Raises `LeaseLost` if the job is no longer this claim's.
    """
    # The seed that the report was made with: it is another one where the report was taken over.
    _write_report(session, claim, report, origin, now=now, seed=report.seed)
    suite_seen(session, report.exercise, report.suite_version, now=now)
    if comparison is None or report.failure is not None:
        record_grade_of_job(session, claim.job_id, now=now)
        return None
    checks = session.get_one(GradingJob, claim.job_id)
    following = GradingJob(
        stage=Stage.COMPARISON,
        queue=Queue.COMPARISON if comparison.device is Device.CPU else Queue.GPU,
        order_at=now + (REGRADES_WAIT if checks.queue is Queue.REGRADE else timedelta(0)),
        checks_job_id=checks.id,
        submission_id=checks.submission_id,
        seed=checks.seed,
        max_points=comparison.points,
        device=comparison.device,
        created_at=now,
    )
    session.add(following)
    session.flush()
    record_grade_of_job(session, claim.job_id, now=now)
    return following


def finish_comparison(
    session: Session, claim: Claim, report: ComparisonReport, *, now: datetime, origin: Origin = Origin()
) -> None:
    """Write what the comparison found, once; the checks' score stays as it is. Raises `LeaseLost`."""
    _write_report(session, claim, report, origin, now=now)
    content = {
        "pictures": [picture.as_data() for picture in report.pictures],
        "device": report.device,
        "notes": list(report.notes),
    }
    session.add(ComparisonDetails(job_id=claim.job_id, content=content))
    record_grade_of_job(session, claim.job_id, now=now)


def finish_quiz(
    session: Session, claim: Claim, attempt_id: int, scores: Sequence[AnswerScore], *, now: datetime
) -> None:
    """Write what the answers of a quiz attempt earned, once. Raises `LeaseLost`."""
    points, max_points = sum(score.points for score in scores), sum(score.max_points for score in scores)
    _write(
        session,
        claim,
        status=JobStatus.GRADED,
        token=None,
        leased_until=None,
        finished_at=now,
        verdict=Verdict.ACCEPTED if points == max_points else Verdict.WRONG_ANSWER,
        points=points,
        max_points=max_points,
    )
    _note(session, claim.job_id, JobEventKind.GRADED, now)
    write_scores(session, attempt_id, scores)
    record_grade_of_job(session, claim.job_id, now=now)


def put_back(session: Session, claim: Claim, diagnostics: str, *, now: datetime) -> JobStatus:
    """Give a job back after a fault of ours: queued again, or failed as `internal_error` after the last try.

    The sweeper sends it again, so that a machine in trouble gets a moment's rest. Raises `LeaseLost`.
    """
    values: dict[str, object] = {"diagnostics": diagnostics[-8000:], "token": None, "leased_until": None}
    if claimed_job(session, claim).tries < MAX_TRIES:
        status = JobStatus.QUEUED
        values |= {"sent_at": None}
    else:
        status = JobStatus.FAILED
        values |= {"verdict": Verdict.INTERNAL_ERROR, "finished_at": now}
    _write(session, claim, status=status, **values)
    _note(session, claim.job_id, JobEventKind.FAILED if status is JobStatus.FAILED else JobEventKind.PUT_BACK, now)
    if status is JobStatus.FAILED:
        record_grade_of_job(session, claim.job_id, now=now)
    return status


def give_back(session: Session, claim: Claim) -> None:
    """Give a job back that its worker has no time for: it waits again, and the try does not count.

    Raises `LeaseLost`.
    """
    values = {"status": JobStatus.QUEUED, "token": None, "leased_until": None, "sent_at": None}
    _write(session, claim, tries=GradingJob.tries - 1, **values)
    _note(session, claim.job_id, JobEventKind.GIVEN_BACK, database_now(session))


def sweep(session: Session, *, now: datetime, resend_after: timedelta) -> list[GradingJob]:
    """Return the jobs to send (again), marking them as sent: dead workers' jobs, and those whose message was lost.

    A message counts as lost when its job still waits `resend_after` it was sent. A job whose tries are used up is
    failed here: a submission that kills its worker must not do so for ever.
    """
    stale = session.scalars(
        select(GradingJob)
        .where(
            IS_UNFINISHED,
            GradingJob.queue.in_(list(Queue)),  # so that the index of the line is used
            _is_free(now),
            or_(
                GradingJob.status == JobStatus.RUNNING,
                GradingJob.sent_at.is_(None),
                GradingJob.sent_at <= now - resend_after,
            ),
        )
        .order_by(GradingJob.id)
        .limit(500)
        .with_for_update(skip_locked=True)  # elsewhere than on SQLite a worker may finish one of them at this moment
    ).all()
    to_send = []
    for job in stale:
        if job.tries >= MAX_TRIES:
            job.diagnostics = job.diagnostics or "the worker died while grading, each time"
            job.token = job.leased_until = None
            job.status, job.verdict, job.finished_at = JobStatus.FAILED, Verdict.INTERNAL_ERROR, now
            _note(session, job.id, JobEventKind.FAILED, now)
            record_grade_of_job(session, job.id, now=now)
        else:
            job.sent_at = now
            to_send.append(job)
    return to_send


def grade_again(session: Session, submission: Submission, *, now: datetime, urgently: bool = False) -> GradingJob:
    """Store one more job for a submission, with the seed of the first; send it after the commit.

    It waits for all new submissions, unless it is urgent. What was found before stands until the new verdict does.
    Raises `NotNow` while the submission is being graded.
    """
    if any(not job.is_complete for job in submission.jobs):
        raise NotNow(f"Submission {submission.id} is being graded, or waits for it.")
    queue = Queue.CPU if urgently else Queue.REGRADE
    job = GradingJob(
        submission_id=submission.id, seed=submission.jobs[0].seed, created_at=now, queue=queue, order_at=now
    )
    session.add(job)
    session.flush()
    return job


def cancel(session: Session, submission: Submission, *, now: datetime, also_running: bool) -> int:
    """Cancel what is unfinished of a submission; return how many jobs that were.

    A worker that has begun learns of it when it next writes: what it found is thrown away. Raises `NotNow` where there
    is nothing to cancel.
    """
    ids = [job.id for checks in submission.jobs for job in (checks, checks.comparison) if job is not None]
    stoppable = UNFINISHED if also_running else (JobStatus.QUEUED,)
    cancelled = session.execute(
        update(GradingJob)
        .where(GradingJob.id.in_(ids), GradingJob.status.in_(stoppable))
        .values(status=JobStatus.CANCELLED, token=None, leased_until=None, finished_at=now)
    )
    count: int = cancelled.rowcount  # type: ignore[attr-defined]  # an UPDATE's result has it
    if count == 0:
        begun = any(not job.is_complete for job in submission.jobs)
        words = "is being graded already" if begun else "does not wait to be graded"
        raise NotNow(f"Submission {submission.id} {words}.")
    for job_id in session.scalars(
        select(GradingJob.id).where(GradingJob.id.in_(ids), GradingJob.status == JobStatus.CANCELLED)
    ):
        _note(session, job_id, JobEventKind.CANCELLED, now)
    record_grade_of_job(session, ids[0], now=now)
    return count


def mark_sent(session: Session, job_id: int, *, now: datetime) -> None:
    """Note that the job's message has been handed to the broker."""
    session.execute(update(GradingJob).where(GradingJob.id == job_id).values(sent_at=now))


def report_of(job: GradingJob, exercise: str, *, with_comparison: bool = True) -> Report:
    """Return the report of a submission's job and of the comparison that follows it: whole once they are graded, as
    far as they got while they run. A comparison that failed by our fault is empty, without points.
    """
    following = job.comparison if with_comparison else None
    return Report(
        exercise=exercise,
        checks=tuple(row.result() for row in job.checks),
        tier=job.tier or "",
        seed=job.seed,
        suite_version=job.suite_version or "",
        seconds=job.seconds or 0.0,
        message=job.message,
        failure=job.failure,
        misconceptions=tuple(Misconception(**found) for found in job.misconceptions),
        comparison=None if following is None else comparison_of(following),
    )


def comparison_of(job: GradingJob) -> ComparisonReport:
    """Return what a job of the second stage has found so far."""
    max_points = job.max_points or 0.0
    if job.status in (JobStatus.FAILED, JobStatus.CANCELLED):
        return ComparisonReport(max_points=max_points)
    content: dict[str, Any] = job.details.content if job.details else {}
    return ComparisonReport(
        max_points=max_points,
        checks=tuple(row.result() for row in job.checks),
        pictures=tuple(Picture.from_data(data) for data in content.get("pictures", ())),
        misconceptions=tuple(Misconception(**found) for found in job.misconceptions),
        device=content.get("device", ""),
        notes=tuple(content.get("notes", ())),
        message=job.message,
        failure=job.failure,
        tier=job.tier or "",
        suite_version=job.suite_version or "",
        seconds=job.seconds or 0.0,
    )


def _note(session: Session, job_id: int, kind: JobEventKind, now: datetime, worker: str = "") -> None:
    session.add(JobEvent(job_id=job_id, at=now, kind=kind, worker=worker))


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(
        GradingJob.status == JobStatus.QUEUED,
        and_(GradingJob.status == JobStatus.RUNNING, GradingJob.leased_until < now),
    )


def _write(session: Session, claim: Claim, **values: object) -> None:
    written = session.execute(
        update(GradingJob)
        .where(
            GradingJob.id == claim.job_id,
            GradingJob.token == claim.token,
            GradingJob.status == JobStatus.RUNNING,
        )
        .values(**values)
    )
    if written.rowcount != 1:  # type: ignore[attr-defined]  # an UPDATE's result has it
        raise LeaseLost(f"job {claim.job_id} is no longer this worker's")


def _write_report(
    session: Session,
    claim: Claim,
    report: Report | ComparisonReport,
    origin: Origin,
    *,
    now: datetime,
    **others: object,
) -> None:
    _write(
        session,
        claim,
        status=JobStatus.GRADED,
        token=None,
        leased_until=None,
        finished_at=now,
        verdict=report.verdict,
        points=report.points,
        max_points=report.max_points,
        message=report.message,
        failure=report.failure,
        misconceptions=[asdict(found) for found in report.misconceptions],
        tier=report.tier,
        suite_version=report.suite_version,
        environment=origin.environment,
        reused_job_id=origin.reused_job_id,
        seconds=report.seconds,
        **others,
    )
    _note(session, claim.job_id, JobEventKind.GRADED, now)
    session.execute(delete(CheckRow).where(CheckRow.job_id == claim.job_id))
    session.add_all(CheckRow(job_id=claim.job_id, **asdict(result)) for result in report.checks)
