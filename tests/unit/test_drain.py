"""What a worker in a hurry has begun goes back to the queue."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from threading import Event
from typing import Any, cast

import pytest
from celery import signals
from celery.worker import state
from kombu.asynchronous import get_event_loop, set_event_loop

from grader.domain.errors import LeaseLost
from grader.domain.queues import Queue
from grader.domain.verdict import JobStatus
from grader.drain import Drain, InHand
from grader.store import jobs
from grader.store.database import Database
from grader.store.jobs import Claim
from grader.store.tables import GradingJob
from grader.tasks import Grades, JobRunner

LEASE = timedelta(seconds=15)


@pytest.fixture
def claim(database: Database, waiting_job: int, now: datetime) -> Claim:
    with database.transaction() as session:
        taken = jobs.claim(session, waiting_job, now=now, lease=LEASE)
    assert taken is not None
    return taken


def job_of(database: Database, job_id: int) -> GradingJob:
    with database.reading() as session:
        return session.get_one(GradingJob, job_id)


def test_a_job_in_hand_is_given_back_and_its_try_does_not_count(database: Database, claim: Claim) -> None:
    in_hand = InHand(database)
    with in_hand.hold(claim):
        assert in_hand.give_back() == 1
    job = job_of(database, claim.job_id)
    assert (job.status, job.tries, job.token, job.leased_until, job.sent_at) == (JobStatus.QUEUED, 0, None, None, None)


def test_what_was_done_before_is_not_touched(database: Database, claim: Claim) -> None:
    in_hand = InHand(database)
    with in_hand.hold(claim):
        pass
    assert in_hand.give_back() == 0
    assert job_of(database, claim.job_id).status is JobStatus.RUNNING


def test_what_comes_afterwards_goes_back_at_once(database: Database, claim: Claim) -> None:
    in_hand = InHand(database)
    assert in_hand.give_back() == 0
    with pytest.raises(LeaseLost), in_hand.hold(claim):
        pytest.fail("it was begun")
    assert job_of(database, claim.job_id).status is JobStatus.QUEUED


def test_what_another_worker_has_taken_over_stays_with_it(database: Database, claim: Claim, now: datetime) -> None:
    in_hand = InHand(database)
    with in_hand.hold(claim):
        with database.transaction() as session:
            assert jobs.claim(session, claim.job_id, now=now + 2 * LEASE, lease=LEASE) is not None
        assert in_hand.give_back() == 0
    assert (job_of(database, claim.job_id).status, job_of(database, claim.job_id).tries) == (JobStatus.RUNNING, 2)


def test_a_verdict_that_comes_too_late_is_thrown_away(
    database: Database, waiting_job: int, obliging_grader: Any
) -> None:
    grader = obliging_grader()
    runner = JobRunner(database, grader, LEASE, print)
    grader.happening = runner.in_hand.give_back
    runner.run(Queue.CPU)
    job = job_of(database, waiting_job)
    assert (job.status, job.verdict, job.tries) == (JobStatus.QUEUED, None, 0)


class SleepingLoop:
    """Stands for Celery's loop while no message comes."""

    def __init__(self) -> None:
        self.is_awake = Event()

    def call_soon(self, callback: Callable[[], None]) -> None:
        callback()
        self.is_awake.set()


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[SleepingLoop]:
    """Celery's loop, with the signals and the state of a worker put back in the end."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)
    handlers = {number: signal.getsignal(number) for number in numbers}
    monkeypatch.setattr(state, "should_stop", None)
    made, before = SleepingLoop(), get_event_loop()
    set_event_loop(made)
    yield made
    set_event_loop(before)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def test_a_worker_that_has_nothing_to_do_stops_at_once(database: Database, loop: SleepingLoop) -> None:
    retired = Event()
    with Drain(JobRunner(database, cast("Grades", None), LEASE, print), retired.set):
        signals.worker_ready.send(None)
        signal.raise_signal(signal.SIGTERM)
        assert loop.is_awake.wait(60) and retired.is_set()
    assert state.should_stop == 0
