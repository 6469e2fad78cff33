"""A claimed job's lease, kept alive while the job is graded; finished checks are stored on the way."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Self

from sqlalchemy.exc import OperationalError

from grader.domain.check import CheckResult
from grader.domain.errors import LeaseLost
from grader.store import jobs
from grader.store.clock import database_now
from grader.store.database import Database
from grader.store.jobs import Claim

_GATHER_SECONDS = 0.05
"""Checks that finish this close together are stored together: dozens of small commits cost more than the grading."""


class Lease:
    """Renews a claim every third of its length, in a thread that also stores checks. A context manager."""

    def __init__(
        self, database: Database, claim: Claim, length: timedelta, log: logging.LoggerAdapter[logging.Logger]
    ) -> None:
        self._database, self._claim, self._length, self._log = database, claim, length, log
        self._finished: SimpleQueue[CheckResult | None] = SimpleQueue()
        self._thread = Thread(target=self._keep, name=f"lease-of-job-{claim.job_id}", daemon=True)
        self._is_lost = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._finished.put(None)
        self._thread.join()

    def record(self, result: CheckResult) -> None:
        """Have a finished check stored soon. Raises `LeaseLost` once another worker has the job."""
        if self._is_lost:
            raise LeaseLost(f"job {self._claim.job_id} is no longer this worker's")
        self._finished.put(result)

    def _keep(self) -> None:
        results: list[CheckResult] = []
        while True:
            try:
                results += self._gather()
            except _Ended:
                return  # whoever finishes the job writes all of its checks
            try:
                with self._database.transaction() as session:
                    now = database_now(session)
                    jobs.record_checks(session, self._claim, results, now=now, lease=self._length)
                results.clear()
            except LeaseLost:
                self._is_lost = True
                return
            except OperationalError as error:
                self._log.warning("the lease could not be renewed, trying again: %s", type(error).__name__)

    def _gather(self) -> list[CheckResult]:
        """Wait for checks, at most a third of the lease; return those that have finished meanwhile."""
        try:
            found = [self._finished.get(timeout=self._length.total_seconds() / 3)]
            time.sleep(0 if found[0] is None else _GATHER_SECONDS)
            while not self._finished.empty():
                found.append(self._finished.get())
        except Empty:
            return []
        if None in found:
            raise _Ended
        return [result for result in found if result is not None]


class _Ended(Exception):
    """The job is over."""
