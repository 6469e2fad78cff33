"""Leases and tokens: whatever brokers and workers do, a job is graded once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from grader.domain.check import CheckResult, Visibility
from grader.domain.errors import LeaseLost
from grader.domain.misconception import Misconception
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus, Verdict
from grader.store import jobs
from grader.store.database import Database
from grader.store.jobs import MAX_TRIES, Claim
from grader.store.submissions import submit
from grader.store.tables import CheckRow, GradingJob, User

LEASE = timedelta(seconds=15)
CHECK = CheckResult(
    name="adam-first-step",
    task="3.3",
    verdict=Verdict.WRONG_ANSWER,
    points=0.0,
    max_points=4.0,
    visibility=Visibility.HIDDEN,
    message="got 1, expected 2",
    hint="Look at step 1.",
    fault="",
)
REPORT = Report(
    exercise="adaptive",
    checks=(CHECK,),
    tier="namespaces",
    seed=7,
    suite_version="v1",
    seconds=0.2,
    misconceptions=(Misconception("no-correction", "You forgot it.", "3.3"),),
)

NewJob = Callable[[], int]


@pytest.fixture
def new_job(database: Database, student: User, now: datetime) -> NewJob:
    def make() -> int:
        with database.transaction() as session:
            return submit(session, student, "adaptive", [SourceFile("adaptive.py", b"x")], seed=7, now=now).id

    return make


def take(database: Database, job_id: int, now: datetime) -> Claim | None:
    with database.transaction() as session:
        return jobs.claim(session, job_id, now=now, lease=LEASE)


def must_take(database: Database, job_id: int, now: datetime) -> Claim:
    claim = take(database, job_id, now)
    assert claim is not None
    return claim


def sweep(database: Database, now: datetime, resend_after: timedelta = LEASE) -> list[int]:
    with database.transaction() as session:
        return [job.id for job in jobs.sweep(session, now=now, resend_after=resend_after)]


def job_of(database: Database, job_id: int) -> GradingJob:
    with database.reading() as session:
        return session.get_one(
            GradingJob, job_id, options=[selectinload(GradingJob.checks), selectinload(GradingJob.comparison)]
        )


def test_a_queued_job_is_claimed_by_the_first_who_asks(database: Database, new_job: NewJob, now: datetime) -> None:
    job_id = new_job()
    assert take(database, job_id, now) is not None
    assert take(database, job_id, now) is None
    job = job_of(database, job_id)
    assert (job.status, job.tries, job.leased_until) == (JobStatus.RUNNING, 1, now + LEASE)


def test_a_job_that_does_not_exist_cannot_be_claimed(database: Database, now: datetime) -> None:
    assert take(database, 999, now) is None


def test_a_job_whose_lease_has_run_out_goes_to_another_worker(
    database: Database, new_job: NewJob, now: datetime
) -> None:
    job_id = new_job()
    dead = must_take(database, job_id, now)
    assert take(database, job_id, now + LEASE) is None, "the lease lasts up to its last moment"
    alive = must_take(database, job_id, now + LEASE + timedelta(microseconds=1))
    assert alive.token != dead.token


def test_a_renewed_lease_keeps_the_job(database: Database, new_job: NewJob, now: datetime) -> None:
    job_id = new_job()
    claim = must_take(database, job_id, now)
    with database.transaction() as session:
        jobs.renew(session, claim, now=now + LEASE, lease=LEASE)
    assert take(database, job_id, now + 1.5 * LEASE) is None


def test_the_report_is_written_once_and_read_back_whole(database: Database, new_job: NewJob, now: datetime) -> None:
    job_id = new_job()
    claim = must_take(database, job_id, now)
    with database.transaction() as session:
        jobs.finish(session, claim, REPORT, now=now)
    job = job_of(database, job_id)
    assert (job.status, job.verdict, job.points, job.max_points) == (JobStatus.GRADED, Verdict.WRONG_ANSWER, 0.0, 4.0)
    assert jobs.report_of(job, "adaptive") == REPORT
    with pytest.raises(LeaseLost), database.transaction() as session:
        jobs.finish(session, claim, REPORT, now=now)


def test_a_graded_job_is_never_graded_again(database: Database, new_job: NewJob, now: datetime) -> None:
    job_id = new_job()
    claim = must_take(database, job_id, now)
    with database.transaction() as session:
        jobs.finish(session, claim, REPORT, now=now)
    assert take(database, job_id, now + timedelta(days=1)) is None
    assert sweep(database, now + timedelta(days=1)) == []


def test_checks_appear_while_the_job_runs_and_prolong_its_lease(
    database: Database, new_job: NewJob, now: datetime
) -> None:
    job_id = new_job()
    claim = must_take(database, job_id, now)
    with database.transaction() as session:
        jobs.record_checks(session, claim, [CHECK], now=now + timedelta(seconds=5), lease=LEASE)
    job = job_of(database, job_id)
    assert jobs.report_of(job, "adaptive").checks == (CHECK,)
    assert job.leased_until == now + timedelta(seconds=5) + LEASE


def test_a_new_claim_begins_without_the_checks_of_the_dead_one(
    database: Database, new_job: NewJob, now: datetime
) -> None:
    job_id = new_job()
    claim = must_take(database, job_id, now)
    with database.transaction() as session:
        jobs.record_checks(session, claim, [CHECK], now=now, lease=LEASE)
    must_take(database, job_id, now + 2 * LEASE)
    assert job_of(database, job_id).checks == []


def test_one_check_cannot_be_recorded_twice_for_a_job(database: Database, new_job: NewJob, now: datetime) -> None:
    claim = must_take(database, new_job(), now)
    with database.transaction() as session:
        jobs.record_checks(session, claim, [CHECK], now=now, lease=LEASE)
    with pytest.raises(IntegrityError), database.transaction() as session:
        jobs.record_checks(session, claim, [CHECK], now=now, lease=LEASE)


def test_a_worker_that_lost_its_lease_can_write_nothing(database: Database, new_job: NewJob, now: datetime) -> None:
    job_id = new_job()
    slow = must_take(database, job_id, now)
    quick = must_take(database, job_id, now + 2 * LEASE)
    attempts: list[Callable[..., object]] = [
        lambda session: jobs.renew(session, slow, now=now, lease=LEASE),
        lambda session: jobs.record_checks(session, slow, [CHECK], now=now, lease=LEASE),
        lambda session: jobs.finish(session, slow, REPORT, now=now),
        lambda session: jobs.finish_quiz(session, slow, 1, [], now=now),
        lambda session: jobs.put_back(session, slow, "fault", now=now),
        lambda session: jobs.claimed_job(session, slow),
    ]
    for attempt in attempts:
        with pytest.raises(LeaseLost), database.transaction() as session:
            attempt(session)
    with database.reading() as session:
        assert session.scalars(select(CheckRow)).all() == []
    job = job_of(database, job_id)
    assert (job.status, job.token, job.verdict) == (JobStatus.RUNNING, quick.token, None)


def test_a_job_that_is_put_back_is_queued_and_swept_at_once(database: Database, new_job: NewJob, now: datetime) -> None:
    job_id = new_job()
    claim = must_take(database, job_id, now)
    with database.transaction() as session:
        assert jobs.put_back(session, claim, "the sandbox did not start", now=now) is JobStatus.QUEUED
    job = job_of(database, job_id)
    assert (job.status, job.token, job.diagnostics) == (JobStatus.QUEUED, None, "the sandbox did not start")
    assert sweep(database, now) == [job_id]


def test_after_the_last_try_the_job_fails_as_our_error(database: Database, new_job: NewJob, now: datetime) -> None:
    job_id = new_job()
    for _ in range(MAX_TRIES):
        claim = must_take(database, job_id, now)
        with database.transaction() as session:
            status = jobs.put_back(session, claim, "again", now=now)
    assert status is JobStatus.FAILED
    job = job_of(database, job_id)
    assert (job.verdict, job.points, job.finished_at) == (Verdict.INTERNAL_ERROR, None, now)
    assert take(database, job_id, now) is None


def test_a_submission_that_kills_its_worker_each_time_is_given_up(
    database: Database, new_job: NewJob, now: datetime
) -> None:
    job_id = new_job()
    for attempt in range(MAX_TRIES):
        must_take(database, job_id, now + 2 * attempt * LEASE)
    later = now + 2 * MAX_TRIES * LEASE
    assert sweep(database, later) == []
    job = job_of(database, job_id)
    assert (job.status, job.verdict) == (JobStatus.FAILED, Verdict.INTERNAL_ERROR)
    assert "worker died" in job.diagnostics


def test_the_sweeper_sends_what_was_never_sent(database: Database, new_job: NewJob, now: datetime) -> None:
    first, second = new_job(), new_job()
    assert sweep(database, now) == [first, second]
    assert sweep(database, now) == [], "a message is given time to arrive"


def test_the_sweeper_sends_again_what_was_sent_long_ago(database: Database, new_job: NewJob, now: datetime) -> None:
    job_id = new_job()
    with database.transaction() as session:
        jobs.mark_sent(session, job_id, now=now)
    assert sweep(database, now + LEASE / 2) == []
    assert sweep(database, now + LEASE) == [job_id]


def test_the_sweeper_sends_a_dead_workers_job_as_soon_as_its_lease_is_over(
    database: Database, new_job: NewJob, now: datetime
) -> None:
    job_id = new_job()
    with database.transaction() as session:
        jobs.mark_sent(session, job_id, now=now)
    must_take(database, job_id, now)
    assert sweep(database, now + LEASE, resend_after=timedelta(hours=1)) == []
    assert sweep(database, now + 1.1 * LEASE, resend_after=timedelta(hours=1)) == [job_id]


def test_the_sweeper_leaves_a_job_alone_whose_worker_is_alive(
    database: Database, new_job: NewJob, now: datetime
) -> None:
    must_take(database, new_job(), now)
    assert sweep(database, now + LEASE / 2, resend_after=timedelta(0)) == []


def test_diagnostics_keep_their_end_where_the_error_stands(database: Database, new_job: NewJob, now: datetime) -> None:
    job_id = new_job()
    claim = must_take(database, job_id, now)
    with database.transaction() as session:
        jobs.put_back(session, claim, "x" * 20_000 + "GraderFault: here", now=now)
    diagnostics = job_of(database, job_id).diagnostics
    assert len(diagnostics) == 8000 and diagnostics.endswith("GraderFault: here")
