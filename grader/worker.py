"""A worker process: lanes of threads around one grader with warm processes, and the sweeper.

Threads, because the warm processes are shared and the hard limits are the sandbox's: a worker runs no student code and
imports no torch. It stops on SIGTERM once the jobs that it has begun are graded (`grader.drain`).
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import warnings
from collections.abc import Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from datetime import timedelta
from threading import Event, Thread
from typing import Any, Protocol

from celery import signals
from sqlalchemy.exc import OperationalError

from grader import logs
from grader.catalog import load_catalog
from grader.domain.errors import GraderFault, GradescentError
from grader.domain.queues import Queue
from grader.drain import Drain
from grader.evaluate import Grader
from grader.lanes import Lane, worker_of
from grader.queue import JobQueue
from grader.settings import Settings
from grader.store import jobs
from grader.store.clock import database_now
from grader.store.database import Database
from grader.store.workers import worker_gone, worker_seen
from grader.tasks import Grades, JobRunner, register
from grader.tracing import open_tracer
from grader.watch import JobWatch, MetricsServer

_log = logging.getLogger(__name__)

_DATABASE_SECONDS = 60.0
"""How long a worker that starts waits for a database that starts, too."""

_NO_LANE = 3
"""The exit code of a worker that can serve none of its queues: a fault of the grader, as elsewhere."""


class GradesAnywhere(Grades, Protocol):
    """What a worker needs of a grader, over what its jobs need."""

    def open_gpu(self) -> str: ...


def run_worker(settings: Settings) -> int:
    """Grade jobs until told to stop. Returns the process's exit code."""
    configure_logging(settings)
    if not settings.is_production:
        # Guests get a uid of their own; that the worker itself may be root is nothing to warn of while developing.
        warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    catalog = load_catalog(settings.exercises_dir)
    database = Database(settings.resolved_database_url())
    database.wait_until_it_answers(_DATABASE_SECONDS)
    database.require_newest_schema()
    with Grader(settings, catalog) as grader, _warming(settings, grader):
        code = serve_queues(settings, database, grader)
    database.close()
    return code


def serve_queues(settings: Settings, database: Database, grader: GradesAnywhere) -> int:
    """Do the jobs of the queues in the settings until SIGTERM. Returns the process's exit code."""
    lanes = _open_lanes(settings, grader)
    if not lanes:
        return _NO_LANE
    queue = JobQueue(settings, database)
    lease = timedelta(seconds=settings.lease_seconds)
    with closing(open_tracer(settings, "worker")) as tracer:
        watch = JobWatch(tracer)
        runner = JobRunner(database, grader, lease, queue.send_job, reuses=settings.reuse_results, watch=watch)
        register(queue.app, runner)
        worker = worker_of(queue.app, lanes)
        sweeper = Sweeper(database, queue, lease, {lane.queue: lane.threads for lane in lanes})
        with MetricsServer(settings, watch.registry), sweeper, Drain(runner, sweeper.retire):
            worker.start()
    queue.close()
    return worker.exitcode or 0


def configure_logging(settings: Settings) -> None:
    """Write a worker's logs as the settings want them, and keep Celery from writing them otherwise."""
    logs.configure(settings, "worker", text="%(asctime)s worker %(levelname)s %(message)s")
    signals.setup_logging.connect(_keep_logging)
    signals.worker_ready.connect(_say_ready)


def _warming(settings: Settings, grader: Grader) -> AbstractContextManager[object]:
    """A worker for a GPU alone needs none of the judges that are warmed for the CPU."""
    return nullcontext() if settings.served_queues() == [Queue.GPU] else Warmer(grader)


def _open_lanes(settings: Settings, grader: GradesAnywhere) -> list[Lane]:
    """Return a lane for each queue; the one of the GPU stays shut where the grader refuses its device."""
    threads = {Queue.CPU: settings.concurrency, Queue.COMPARISON: settings.comparison_concurrency}
    lanes = [Lane(queue, threads.get(queue, 1)) for queue in settings.served_queues()]
    if Queue.GPU in settings.served_queues():
        try:
            _log.info("the queue of the GPU is served by %s", grader.open_gpu())
        except GraderFault as fault:
            _log.error("the queue of the GPU is not served here: %s", fault)
            lanes = [lane for lane in lanes if lane.queue is not Queue.GPU]
    return lanes


class Warmer:
    """Warms the judges of all exercises in a thread, so that no student waits for one, nor for those of the others."""

    def __init__(self, grader: Grader) -> None:
        self._grader = grader
        self._stop = Event()
        self._thread = Thread(target=self._run, name="warmer", daemon=True)

    def __enter__(self) -> Warmer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop before the next exercise; the one that is being warmed is waited for."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        for exercise in self._grader.catalog.exercises:
            if self._stop.is_set():
                return
            if not self._grader.suite_of(exercise).is_dir():
                continue
            try:
                self._grader.warm([exercise.slug])
            except GradescentError:
                _log.exception("the judge of %s did not start; each of its jobs will try again", exercise.slug)
        _log.info("all exercises are warm")


class Sweeper:
    """Says, every third of a lease, that this worker is there, and sends again what was lost or left behind.

    Left behind is what a lost message or a dead worker did not bring to its end.
    """

    def __init__(self, database: Database, queue: JobQueue, lease: timedelta, threads: Mapping[Queue, int]) -> None:
        self._database, self._queue, self._lease, self._threads = database, queue, lease, threads
        self._id = f"{socket.gethostname()[:64]}-{os.getpid()}-{secrets.token_hex(4)}"
        self._stop = Event()
        self._thread = Thread(target=self._run, name="sweeper", daemon=True)

    def __enter__(self) -> Sweeper:
        """Sweep at once, for what waited while no worker ran, and from then on in a thread."""
        self.sweep(resend_after=timedelta(0))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.retire()
        self._thread.join()

    def retire(self) -> None:
        """Say that this worker takes no more, and sweep no more."""
        self._stop.set()

    def sweep(self, resend_after: timedelta) -> None:
        """Send jobs that were never sent, or sent longer ago than `resend_after`, and are still not being graded."""
        try:
            with self._database.transaction() as session:
                now = database_now(session)
                worker_seen(
                    session,
                    self._id,
                    list(self._threads),
                    threads=self._threads,
                    now=now,
                )
                found = jobs.sweep(session, now=now, resend_after=resend_after)
            for job in found:
                self._queue.publish(job)
        except OperationalError as error:
            _log.warning("the sweep will be tried again: the database did not answer (%s)", type(error).__name__)
            return
        if found:
            _log.info("sent again: %s", ", ".join(f"job {job.id}" for job in found))

    def _run(self) -> None:
        while not self._stop.wait(self._lease.total_seconds() / 3):
            self.sweep(resend_after=4 * self._lease)
        try:
            with self._database.transaction() as session:
                worker_gone(session, self._id)
        except OperationalError as error:
            _log.warning("the database did not hear that this worker ends (%s)", type(error).__name__)


def _say_ready(**_: Any) -> None:
    _log.info("ready for jobs")


def _keep_logging(**_: Any) -> None:
    """Tell Celery, by being connected, that logging is configured already."""
