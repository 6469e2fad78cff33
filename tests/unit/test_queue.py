from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from kombu import Connection

from grader.domain.comparison import Device, Plan
from grader.domain.queues import Queue
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.queue import (
    COMPARE_ON_GPU,
    COMPARE_SUBMISSION,
    GRADE_QUIZ,
    GRADE_SUBMISSION,
    JobQueue,
    celery_app,
)
from grader.settings import Settings
from grader.store import jobs
from grader.store.database import Database
from grader.store.quizzes import submit_answers
from grader.store.submissions import submit
from grader.store.tables import GradingJob, User
from grader.store.workers import worker_gone, worker_seen

LEASE = timedelta(seconds=15)


def stored_job(database: Database, student: User, now: datetime) -> int:
    with database.transaction() as session:
        return submit(session, student, "adaptive", [SourceFile("adaptive.py", b"secret code")], seed=7, now=now).id


def sent_at(database: Database, job_id: int) -> datetime | None:
    with database.reading() as session:
        return session.get_one(GradingJob, job_id).sent_at


def stored_comparison(database: Database, student: User, now: datetime, device: Device) -> int:
    job_id = stored_job(database, student, now)
    report = Report(exercise="adaptive", checks=(), tier="t", seed=7, suite_version="v", seconds=0.0)
    with database.transaction() as session:
        claim = jobs.claim(session, job_id, now=now, lease=LEASE)
        assert claim is not None
        following = jobs.finish(session, claim, report, now=now, comparison=Plan(points=5.0, device=device))
    assert following is not None
    return following.id


def gpu_worker(database: Database, seen_before: timedelta) -> None:
    with database.transaction() as session:
        worker_seen(session, "a GPU worker", [Queue.GPU], now=datetime.now(UTC) - seen_before)


def messages(settings: Settings, queue: str = Queue.CPU) -> list[Any]:
    found = []
    with Connection(settings.resolved_broker_url()) as connection:
        while (message := connection.default_channel.basic_get(queue, no_ack=True)) is not None:
            found.append(message)
    return found


def test_a_job_is_sent_by_task_name_and_carries_its_id_only(
    settings: Settings, database: Database, student: User, now: datetime
) -> None:
    job_id = stored_job(database, student, now)
    queue = JobQueue(settings, database)
    queue.send_job(job_id)
    queue.close()
    (message,) = messages(settings)
    assert message.headers["task"] == GRADE_SUBMISSION
    args, kwargs, _ = message.decode()
    assert (args, kwargs) == ([job_id], {})
    assert b"secret code" not in message.body and "ada" not in str(message.headers)
    assert sent_at(database, job_id) is not None


def test_a_quiz_has_a_task_of_its_own(settings: Settings, database: Database, student: User, now: datetime) -> None:
    with database.transaction() as session:
        job_id = submit_answers(session, student, "adaptive", {"q": "a"}, allowed=1, now=now).id
    queue = JobQueue(settings, database)
    queue.send_job(job_id)
    queue.close()
    assert [message.headers["task"] for message in messages(settings)] == [GRADE_QUIZ]


@pytest.mark.parametrize(
    ("device", "seen_before", "expected"),
    [
        (Device.CPU, 0.0, Queue.COMPARISON),
        (Device.GPU, 0.0, Queue.GPU),
        (Device.AUTO, 0.0, Queue.GPU),
        (Device.AUTO, 1.5, Queue.GPU),
        (Device.AUTO, 2.5, Queue.COMPARISON),
        (Device.GPU, 2.5, Queue.COMPARISON),
        (Device.GPU, None, Queue.COMPARISON),
    ],
)
def test_a_comparison_goes_to_a_gpu_that_it_wants_if_a_worker_with_one_was_seen_in_two_leases(
    settings: Settings,
    database: Database,
    student: User,
    now: datetime,
    device: Device,
    seen_before: float | None,
    expected: str,
) -> None:
    if seen_before is not None:
        gpu_worker(database, seen_before * timedelta(seconds=settings.lease_seconds))
    job_id = stored_comparison(database, student, now, device)
    queue = JobQueue(settings, database)
    queue.send_job(job_id)
    queue.close()
    found = {
        name: [message.headers["task"] for message in messages(settings, name)]
        for name in (Queue.CPU, Queue.COMPARISON, Queue.GPU)
    }
    task = COMPARE_ON_GPU if expected == Queue.GPU else COMPARE_SUBMISSION
    assert found == {Queue.CPU: [], Queue.COMPARISON: [], Queue.GPU: []} | {expected: [task]}


def test_a_comparison_that_is_sent_again_goes_to_the_cpu_when_the_gpu_worker_is_gone(
    settings: Settings, database: Database, student: User, now: datetime
) -> None:
    gpu_worker(database, timedelta(0))
    job_id = stored_comparison(database, student, now, Device.GPU)
    queue = JobQueue(settings, database)
    queue.send_job(job_id)
    with database.transaction() as session:
        worker_gone(session, "a GPU worker")
    queue.send_job(job_id)
    queue.send_job(job_id)
    queue.close()
    assert [len(messages(settings, name)) for name in (Queue.GPU, Queue.COMPARISON)] == [1, 1]


@pytest.mark.slow
@pytest.mark.parametrize(
    "url", ["redis://127.0.0.1:1/0", "amqp://guest@127.0.0.1:1//", "gradescent+sqlite:////proc/no/b"]
)
def test_a_broker_that_is_down_neither_loses_the_job_nor_breaks_the_request(
    settings: Settings, database: Database, student: User, now: datetime, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    job_id = stored_job(database, student, now)
    queue = JobQueue(replace(settings, broker_url=url), database)
    with caplog.at_level(logging.WARNING):
        queue.send_job(job_id)
    queue.close()
    assert f"job {job_id}: the broker did not take its message" in caplog.text
    assert sent_at(database, job_id) is None, "so the sweeper will send it"


def test_workers_acknowledge_late_take_one_at_a_time_and_read_json_only(settings: Settings) -> None:
    conf = celery_app(settings).conf
    assert (conf.task_acks_late, conf.worker_prefetch_multiplier, conf.task_reject_on_worker_lost) == (True, 1, True)
    assert (conf.accept_content, conf.task_serializer, conf.result_backend) == (["json"], "json", None)


def test_the_sender_knows_no_task_and_no_torch() -> None:
    heavy = ("torch", "pytest", "grader.tasks", "grader.judge", "grader.evaluate")
    code = f"import sys, grader.queue; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
