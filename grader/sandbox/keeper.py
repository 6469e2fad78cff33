"""Keeps a warm process ready for jobs, whatever becomes of it. Trusted side."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from grader.domain.errors import GraderFault

_log = logging.getLogger(__name__)


class Warm(Protocol):
    """Something that took time to start."""

    @property
    def is_alive(self) -> bool: ...

    def close(self) -> None: ...


P = TypeVar("P", bound=Warm)


@dataclass
class _Held(Generic[P]):
    process: P
    version: str
    users: int = 0
    jobs: int = 0
    is_retired: bool = False


class Keeper(Generic[P]):
    """Lends one warm process to any number of jobs at a time. Thread-safe.

    It is started when it is first needed, and again when it has died or another version is asked for. After so many
    jobs a fresh one is started beside it and takes its place once it is warm, so that nobody waits for that. One
    that was replaced ends when its last job has given it back.
    """

    def __init__(self, start: Callable[[str], P], recycle_after: int) -> None:
        """`start` makes the process of a version; it may raise `GraderFault`."""
        self._start, self._recycle_after = start, recycle_after
        self._lock = threading.Lock()
        self._held: _Held[P] | None = None
        self._successor: threading.Thread | None = None
        self._is_closed = False

    @contextmanager
    def lend(self, version: str = "") -> Iterator[P]:
        """Lend the process, of this version, for the time of a `with` block. Raises `GraderFault`."""
        held = self._take(version)
        try:
            yield held.process
        finally:
            with self._lock:
                held.users -= 1
            self._end_if_done(held)

    def close(self) -> None:
        """End the process, also if a job still has it."""
        with self._lock:
            self._is_closed = True
            held, self._held = self._held, None
            successor = self._successor
        if held is not None:
            held.process.close()
        if successor is not None:
            successor.join()

    def _take(self, version: str) -> _Held[P]:
        old = None
        with self._lock:
            held = self._held
            if held is None or held.version != version or not held.process.is_alive:
                old, held = held, _Held(self._start(version), version)
                self._held = held
            held.users += 1
            held.jobs += 1
            if held.jobs >= self._recycle_after and self._successor is None:
                self._successor = threading.Thread(target=self._succeed, args=(held,), name="successor", daemon=True)
                self._successor.start()
        self._retire(old)
        return held

    def _succeed(self, old: _Held[P]) -> None:
        """Start a successor and put it in the place of `old`, if that is still in its place."""
        try:
            successor = _Held(self._start(old.version), old.version)
        except GraderFault:
            _log.exception("a warm process could not be renewed; the old one goes on")
            with self._lock:
                old.jobs = 0
                self._successor = None
            return
        with self._lock:
            self._successor = None
            is_wanted = self._held is old and not self._is_closed
            if is_wanted:
                self._held = successor
        self._retire(old if is_wanted else successor)

    def _retire(self, held: _Held[P] | None) -> None:
        """End a process that is lent no more, as soon as nobody has it."""
        if held is not None:
            held.is_retired = True
            self._end_if_done(held)

    def _end_if_done(self, held: _Held[P]) -> None:
        with self._lock:
            is_done = held.is_retired and held.users == 0
            held.is_retired = held.is_retired and not is_done  # whoever sees it done ends it, and nobody else
        if is_done:
            held.process.close()
