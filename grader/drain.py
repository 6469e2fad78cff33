"""How a worker ends: it finishes what it has begun or, told again, gives all of it back and ends at once."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Thread
from types import FrameType
from typing import Any, Protocol

from celery import signals
from celery.worker import state
from kombu.asynchronous import get_event_loop
from sqlalchemy.exc import OperationalError

from grader.domain.errors import LeaseLost
from grader.store import jobs
from grader.store.database import Database
from grader.store.jobs import Claim

_log = logging.getLogger(__name__)


class InHand:
    """The claims of a worker's jobs that are not done yet. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._claims: set[Claim] = set()
        self._is_closed = False
        self._lock = Lock()

    @contextmanager
    def hold(self, claim: Claim) -> Iterator[None]:
        """Within, the job is done. Raises `LeaseLost` where all jobs have been given back already."""
        with self._lock:
            if self._is_closed:
                self._give_back(claim)
                raise LeaseLost(f"job {claim.job_id} came when this worker was about to end")
            self._claims.add(claim)
        try:
            yield
        finally:
            with self._lock:
                self._claims.discard(claim)

    def give_back(self) -> int:
        """Give every job back, those too that are still to come. Returns how many there were.

        A try that is cut short here does not count. What is found out about these jobs from now on is thrown away.
        """
        with self._lock:
            self._is_closed = True
            return sum(map(self._give_back, self._claims))

    def _give_back(self, claim: Claim) -> bool:
        try:
            with self._database.transaction() as session:
                jobs.give_back(session, claim)
        except LeaseLost:
            return False  # done at this very moment, or another worker's by now
        except OperationalError as error:
            _log.warning("job %d could not be given back (%s); its lease ends soon", claim.job_id, type(error).__name__)
            return False
        return True


class Stoppable(Protocol):
    """What runs the jobs of a worker."""

    in_hand: InHand

    def stop(self) -> None: ...


class Drain:
    """Reacts to signals while a worker runs: the first SIGTERM or SIGINT lets it finish what it has begun and take
    nothing new; another one, or SIGQUIT, has it give back what it has begun and end at once. A context manager.

    `retire` and what the runner does are called in threads of their own.
    """

    def __init__(self, runner: Stoppable, retire: Callable[[], None]) -> None:
        self._runner, self._retire = runner, retire
        self._is_draining = self._is_hurrying = False

    def __enter__(self) -> Drain:
        # Celery installs handlers of its own when its worker starts.
        signals.worker_ready.connect(self._listen)
        return self

    def __exit__(self, *_: object) -> None:
        signals.worker_ready.disconnect(self._listen)

    def _listen(self, **_: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        # In a handler no lock may be waited for: it may be held by what the signal interrupted.
        if number != signal.SIGQUIT and not self._is_draining:
            self._is_draining = True
            state.should_stop = 0  # as Celery's own handler tells its worker; 0 is the exit code
            Thread(target=self._begin, name="drain", daemon=True).start()
        elif not self._is_hurrying:
            self._is_hurrying = True
            Thread(target=self._hurry, name="hurry", daemon=True).start()

    def _begin(self) -> None:
        _log.info("told to stop: what has begun is finished, nothing new is taken; told again, it is given back")
        self._runner.stop()
        self._retire()
        _wake_celery()

    def _hurry(self) -> None:
        given = self._runner.in_hand.give_back()
        _log.warning("told to stop at once; jobs given back: %d", given)
        logging.shutdown()
        os._exit(0)  # threads that grade cannot be stopped; judges and guests end with this process


def _wake_celery() -> None:
    """Have Celery's loop look at its state: on RabbitMQ it sleeps for ten seconds where no message comes."""
    loop = get_event_loop()
    if loop is not None:
        loop.call_soon(_nothing)  # type: ignore[no-untyped-call]  # kombu is typed in part


def _nothing() -> None: ...
