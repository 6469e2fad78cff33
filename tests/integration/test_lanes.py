"""The lanes of a real worker process on the embedded broker, with a grader that waits where a test wants it to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kombu import Connection
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from grader.domain.queues import Queue
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus
from grader.queue import COMPARE_SUBMISSION, GRADE_SUBMISSION, JobQueue
from grader.settings import Settings
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.submissions import submit
from grader.store.tables import GradingJob, Role, WorkerRow
from grader.store.workers import is_served
from tests.integration.conftest import Backends

pytestmark = pytest.mark.slow

WORKER = Path(__file__).with_name("scripted_worker.py")


class Installation:
    """A database, a queue and a student; workers that begin a stage when they are allowed to."""

    def __init__(self, folder: Path, backends: Backends) -> None:
        self.folder, self.log = folder, folder / "worker.log"
        self.settings = Settings(data_dir=folder, lease_seconds=5.0, **backends)
        self.database = Database(self.settings.resolved_database_url())
        self.database.migrate()
        self.queue = JobQueue(self.settings, self.database)
        with self.database.transaction() as session:
            self.student = create_user(session, "ada", "Ada", Role.STUDENT, "first-moment", datetime.now(UTC))

    def submit(self, name: str, exercise: str = "adaptive", *, send: bool = True) -> int:
        """Hand in a submission whose stages are called `checks-NAME` and `comparison-NAME`."""
        with self.database.transaction() as session:
            files = [SourceFile(f"{exercise}.py", name.encode())]
            job = submit(session, self.student, exercise, files, seed=7, now=datetime.now(UTC))
        if send:
            self.queue.send_job(job.id)
        return job.id

    def allow(self, *stages: str) -> None:
        for stage in stages:
            (self.folder / stage).touch()

    def wait_until_begun(self, *stages: str) -> None:
        for stage in stages:
            wait_until((self.folder / f"{stage}.begun").exists)

    def has_begun(self, stage: str) -> bool:
        return (self.folder / f"{stage}.begun").exists()

    def job(self, job_id: int) -> GradingJob:
        with self.database.reading() as session:
            return session.get_one(GradingJob, job_id, options=[joinedload(GradingJob.comparison)])

    def wait_until_graded(self, *job_ids: int) -> None:
        wait_until(lambda: all(self.job(job_id).status.is_final for job_id in job_ids))

    def wait_until_complete(self, *job_ids: int) -> None:
        wait_until(lambda: all(self.job(job_id).is_complete for job_id in job_ids))

    @contextmanager
    def worker(self, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker process, stopped at the end if it still runs; whatever it has begun is allowed then."""
        environment = os.environ | {
            "GRADESCENT_DATA_DIR": str(self.folder),
            "GRADESCENT_LEASE_SECONDS": str(self.settings.lease_seconds),
            "GRADESCENT_CONCURRENCY": "2",
            "GRADESCENT_DATABASE_URL": self.settings.database_url,
            "GRADESCENT_BROKER_URL": self.settings.broker_url,
            **settings,
        }
        command = [sys.executable, str(WORKER), str(self.folder)]
        with self.log.open("ab") as log:
            process = subprocess.Popen(command, env=environment, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            wait_until(lambda: self._allow_what_has_begun() or process.poll() is not None)

    def _allow_what_has_begun(self) -> None:
        self.allow(*(path.name.removesuffix(".begun") for path in self.folder.glob("*.begun")))

    def close(self) -> None:
        self.queue.close()
        self.database.close()


def wait_until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain"
        time.sleep(0.02)


@pytest.fixture
def installation(tmp_path: Path, backends: Backends) -> Iterator[Installation]:
    """On SQLite with the embedded broker, and on PostgreSQL with Redis and with RabbitMQ."""
    made = Installation(tmp_path, backends)
    yield made
    made.close()


def test_running_comparisons_keep_no_checks_waiting(installation: Installation) -> None:
    names = ["a", "b", "c", "d"]
    installation.allow(*(f"checks-{name}" for name in [*names, "late"]))
    with installation.worker():
        earlier = [installation.submit(name) for name in names]
        installation.wait_until_graded(*earlier)
        wait_until(lambda: any(installation.has_begun(f"comparison-{name}") for name in names))
        late = installation.submit("late")
        installation.wait_until_graded(late)
        begun = [name for name in names if installation.has_begun(f"comparison-{name}")]
        assert len(begun) == 1, "one comparison at a time, and as many waiting as there are others"
        assert not installation.job(earlier[names.index(begun[0])]).is_complete


def test_running_checks_keep_no_comparison_waiting(installation: Installation) -> None:
    installation.allow("checks-a", "checks-b")
    with installation.worker():
        done = [installation.submit(name) for name in ("a", "b")]
        installation.wait_until_graded(*done)
        checking = [installation.submit(name) for name in ("c", "d")]
        installation.wait_until_begun("checks-c", "checks-d")
        installation.allow("comparison-a", "comparison-b")
        installation.wait_until_complete(*done)
        assert [installation.job(job_id).status for job_id in checking] == [JobStatus.RUNNING] * 2


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_begun_in_each_lane(installation: Installation) -> None:
    installation.allow("checks-a")
    with installation.worker() as worker:
        first = installation.submit("a")
        installation.wait_until_begun("comparison-a")
        second = installation.submit("b", "plain")
        installation.wait_until_begun("checks-b")
        worker.send_signal(signal.SIGTERM)
        installation.allow("checks-b")
        installation.wait_until_graded(second)
        assert worker.poll() is None, "the comparison still runs"
        installation.allow("comparison-a")
        assert worker.wait(60) == 0
    assert [installation.job(job_id).is_complete for job_id in (first, second)] == [True, True]
    assert installation.job(first).total_points == 4.0
    with installation.database.reading() as session:
        assert session.scalars(select(WorkerRow)).all() == [], "it has said that it ends"


def test_every_message_of_both_stages_three_times_gives_one_grade(installation: Installation) -> None:
    installation.allow("checks-a", "checks-b", "comparison-a", "comparison-b")
    ids = [installation.submit(name) for name in ("a", "b")]
    with installation.worker(), installation.worker():
        installation.wait_until_graded(*ids)
        followers = [following.id for job_id in ids if (following := installation.job(job_id).comparison)]
        for task, targets in ((GRADE_SUBMISSION, ids), (COMPARE_SUBMISSION, followers)):
            for target in targets:  # under other task ids, so that the broker cannot tell that they are the same
                for again in range(2):
                    name = f"again-{again}-{target}"
                    installation.queue.app.send_task(task, args=[target], task_id=name)
        installation.wait_until_complete(*ids)
        after = installation.submit("plain", "plain")  # behind all of these messages
        installation.allow("checks-plain")
        installation.wait_until_complete(after)
    done = [installation.job(job_id) for job_id in ids]
    assert [(job.tries, job.total_points) for job in done] == [(1, 4.0)] * 2
    assert [job.comparison.tries for job in done if job.comparison] == [1, 1]


def test_no_message_is_taken_in_vain(installation: Installation) -> None:
    """What was sent is not sent again for four minutes: a message that found nothing would leave its job waiting."""
    names = [f"plain-{number}" for number in range(30)]
    installation.allow(*(f"checks-{name}" for name in names))
    with installation.worker(GRADESCENT_LEASE_SECONDS="60"), installation.worker(GRADESCENT_LEASE_SECONDS="60"):
        wait_until(lambda: installation.log.read_text().count("ready for jobs") == 2)
        for name in names:
            installation.wait_until_graded(installation.submit(name, "plain"))


def test_a_worker_that_dies_between_the_stages_costs_nothing(installation: Installation) -> None:
    installation.allow("checks-a", "comparison-a")
    job_id = installation.submit("a")
    with installation.worker(GRADESCENT_QUEUES="cpu") as first:
        installation.wait_until_graded(job_id)
        first.kill()
        first.wait()
    with Connection(installation.settings.resolved_broker_url()) as broker:
        comparisons = installation.queue.app.amqp.queues[Queue.COMPARISON](broker.default_channel)
        comparisons.declare()  # where the worker died before it sent the message, the queue does not exist yet
        comparisons.purge()  # the message is lost as well
    with installation.worker():
        installation.wait_until_complete(job_id)
    job = installation.job(job_id)
    assert (job.tries, job.total_points) == (1, 4.0)


def test_a_gpu_worker_takes_the_comparisons_that_want_one(installation: Installation) -> None:
    installation.allow("gpu", "checks-a", "comparison-a on the GPU")
    with installation.worker(GRADESCENT_QUEUES="gpu"):
        wait_until(lambda: gpu_is_served(installation))
        with installation.worker(GRADESCENT_QUEUES="cpu"):  # nobody serves `comparison`
            job_id = installation.submit("a", "on_gpu")
            installation.wait_until_complete(job_id)
    assert installation.job(job_id).total_points == 4.0


def test_a_worker_whose_gpu_is_refused_serves_its_other_queues(installation: Installation) -> None:
    installation.allow("checks-a", "comparison-a")
    with installation.worker(GRADESCENT_QUEUES="gpu,cpu,comparison"):
        job_id = installation.submit("a", "on_gpu")
        installation.wait_until_complete(job_id)
        assert not gpu_is_served(installation)
    assert "the queue of the GPU is not served here: this machine has no GPU" in installation.log.read_text()


def test_a_worker_that_can_serve_none_of_its_queues_ends_with_code_3(installation: Installation) -> None:
    with installation.worker(GRADESCENT_QUEUES="gpu") as worker:
        assert worker.wait(60) == 3


def gpu_is_served(installation: Installation) -> bool:
    with installation.database.reading() as session:
        return is_served(session, Queue.GPU, since=datetime.now(UTC) - timedelta(minutes=1))
