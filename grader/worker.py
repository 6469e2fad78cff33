"""A worker process: Celery's threads pool around one grader with warm processes, and the sweeper.

Threads, because the warm processes are shared and the hard limits are the sandbox's: a worker runs no student code and
imports no torch. It stops on SIGTERM once the jobs that it has begun are graded.
"""

from __future__ import annotations

import logging
import warnings
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

from celery import signals
from sqlalchemy.exc import OperationalError

from grader.catalog import load_catalog
from grader.domain.errors import GradescentError
from grader.evaluate import Grader
from grader.queue import JobQueue
from grader.settings import Settings
from grader.store import jobs
from grader.store.database import Database
from grader.tasks import JobRunner, register

_log = logging.getLogger(__name__)


def run_worker(settings: Settings) -> int:
    """Grade jobs until told to stop. Returns the process's exit code."""
    _configure_logging()
    if not settings.is_production:
        # Guests get a uid of their own; that the worker itself may be root is nothing to warn of while developing.
        warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    catalog = load_catalog(settings.exercises_dir)
    database = Database(settings.resolved_database_url())
    database.require_newest_schema()
    queue = JobQueue(settings, database)
    lease = timedelta(seconds=settings.lease_seconds)
    with Grader(settings, catalog) as grader:
        register(queue.app, JobRunner(database, grader, lease))
        worker = queue.app.Worker(
            pool="threads",
            concurrency=settings.concurrency,
            quiet=True,
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
        with Warmer(grader), Sweeper(database, queue, lease):
            worker.start()
    queue.close()
    database.close()
    return worker.exitcode or 0


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
    """Sends again, every third of a lease, what a lost message or a dead worker left behind."""

    def __init__(self, database: Database, queue: JobQueue, lease: timedelta) -> None:
        self._database, self._queue, self._lease = database, queue, lease
        self._stop = Event()
        self._thread = Thread(target=self._run, name="sweeper", daemon=True)

    def __enter__(self) -> Sweeper:
        """Sweep at once, for what waited while no worker ran, and from then on in a thread."""
        self.sweep(resend_after=timedelta(0))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def sweep(self, resend_after: timedelta) -> None:
        """Send jobs that were never sent, or sent longer ago than `resend_after`, and are still not being graded."""
        try:
            with self._database.transaction() as session:
                found = jobs.sweep(session, now=datetime.now(UTC), resend_after=resend_after)
        except OperationalError as error:
            _log.warning("the sweep will be tried again: the database did not answer (%s)", type(error).__name__)
            return
        for job in found:
            self._queue.publish(job)
        if found:
            _log.info("sent again: %s", ", ".join(f"job {job.id}" for job in found))

    def _run(self) -> None:
        while not self._stop.wait(self._lease.total_seconds() / 3):
            self.sweep(resend_after=4 * self._lease)


def _configure_logging() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s worker %(levelname)s %(message)s", datefmt="%H:%M:%S")
    for chatty in ("alembic", "celery", "kombu"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    signals.setup_logging.connect(_keep_logging)
    signals.worker_ready.connect(_say_ready)


def _say_ready(**_: Any) -> None:
    _log.info("ready for jobs")


def _keep_logging(**_: Any) -> None:
    """Tell Celery, by being connected, that logging is configured already."""
