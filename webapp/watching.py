"""One watcher for all open pages: it asks the database once for all their jobs, and wakes those that have moved.

A page's stream waits on the job that it shows. Nobody but the watcher's thread (a greenlet, where the portal serves)
asks again and again; it lives while there is a stream.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from grader.store.clock import database_now
from grader.store.database import Database
from grader.store.standing import Progress, progress
from grader.store.waiting import Place, places
from grader.store.workers import silence

QUICK_SECONDS = 0.15
SLOW_SECONDS = 0.5
SLOW_AFTER_SECONDS = 30.0
"""How long nothing has moved, and nobody has come, before the watcher looks less often."""
SILENT_SECONDS = 1.0
"""How long a database that did not answer is left alone."""
LINE_SECONDS = 1.0
"""How old the waiting line may be that places are read from."""
MAX_STREAMS = 500
MAX_STREAMS_OF_ONE = 20
"""How many pages one person may have open that fill in by streams; further ones ask now and then."""

_log = logging.getLogger(__name__)


class TooManyStreams(Exception):
    """There is no room for another stream: in the portal, or for this person."""


@dataclass(frozen=True)
class Fragment:
    """A piece of a page, and how far the job was that it shows."""

    job_id: int
    progress: Progress
    html: str

    @property
    def order(self) -> tuple[int, ...]:
        """Greater in what is newer."""
        return (self.job_id, *self.progress.order)


class Watched:
    """A job that somebody looks at; the watcher writes it, streams wait on it."""

    def __init__(self, job_id: int) -> None:
        self.job_id = job_id
        self.progress: Progress | None = None
        """`None` until it was read, and again when the job is not there any more."""
        self.place: Place | None = None
        """Where the job, or the comparison that follows it, waits."""
        self.version = 0
        """Grows whenever one of these has changed."""
        self.has_ended = False
        """Whether nobody watches it any more: its streams end, and their readers come again."""
        self.streams = 0
        self._changed = threading.Condition()
        self._fragments: dict[Hashable, Fragment] = {}
        self._rendering = threading.Lock()

    def wait_beyond(self, version: int, seconds: float) -> None:
        """Wait until there is another version than this one, or nothing more to wait for, or the time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self.version != version or self.has_ended, seconds)

    def update(self, progress: Progress | None, place: Place | None) -> bool:
        """Store what was read, and wake the streams if it is new. Returns whether it is."""
        if (progress, place) == (self.progress, self.place):
            return False
        with self._changed:
            self.progress, self.place = progress, place
            self.version += 1
            self._changed.notify_all()
        return True

    def end(self) -> None:
        """Let go of the streams."""
        with self._changed:
            self.has_ended = True
            self._changed.notify_all()

    def fragment(self, audience: Hashable, at_least: Progress, render: Callable[[], Fragment]) -> Fragment:
        """Return a fragment that is as far as this or further: made once for all streams of the same audience."""
        with self._rendering:
            made = self._fragments.get(audience)
            if made is None or made.order < (self.job_id, *at_least.order):
                made = self._fragments[audience] = render()
        return made


class Watcher:
    """Watches the jobs of all open streams of one portal process."""

    def __init__(self, database: Database, lease: timedelta) -> None:
        self._database, self._lease = database, lease
        self._watched: dict[int, Watched] = {}
        self._streams_of = Counter[int]()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._moved_at = 0.0
        self._is_silent = False
        self._places: dict[int, Place] = {}
        self._places_at = float("-inf")

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return self._streams_of.total()

    def open(self, job_id: int, user_id: int) -> tuple[Watched, Callable[[], None]]:
        """Watch a job for a stream of this user. Returns it, and what is to be called once the stream has ended.

        Raises `TooManyStreams`.
        """
        with self._lock:
            if self._closing.is_set():
                raise TooManyStreams("The portal is about to stop.")
            if self.streams >= MAX_STREAMS:
                raise TooManyStreams("Very many pages are open at the moment.")
            if self._streams_of[user_id] >= MAX_STREAMS_OF_ONE:
                raise TooManyStreams("You have very many pages open.")
            watched = self._watched.setdefault(job_id, Watched(job_id))
            watched.streams += 1
            self._streams_of[user_id] += 1
            self._moved_at = time.monotonic()
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)
                self._thread.start()
        left = iter([watched])

        def release() -> None:
            for mine in left:  # once, however often it is called
                self._release(mine, user_id)

        return watched, release

    def places(self, job_ids: Collection[int]) -> dict[int, Place]:
        """Return where these jobs wait, those that do. All who ask within a second share what was read."""
        is_old = time.monotonic() - self._places_at > LINE_SECONDS
        if is_old or not self._places.keys() >= set(job_ids):
            with self._database.reading() as session:
                moment = database_now(session)
                read = places(session, now=moment, seen_since=moment - silence(self._lease))
            self._places = {job_id: place.rounded() for job_id, place in read.items()}
            self._places_at = time.monotonic()
        return {job_id: self._places[job_id] for job_id in job_ids if job_id in self._places}

    def close(self) -> None:
        """End all streams, and begin no other."""
        self._closing.set()
        self._let_go()

    def _release(self, watched: Watched, user_id: int) -> None:
        with self._lock:
            self._streams_of[user_id] -= 1
            if not self._streams_of[user_id]:
                del self._streams_of[user_id]
            watched.streams -= 1
            if not watched.streams and self._watched.get(watched.job_id) is watched:
                del self._watched[watched.job_id]

    def _run(self) -> None:
        try:
            while self._is_needed():
                self._look()
                self._closing.wait(self._pause())
        except BaseException:
            self._let_go()  # whoever comes again gets a fresh watcher
            raise

    def _is_needed(self) -> bool:
        with self._lock:
            if self._watched and not self._closing.is_set():
                return True
            self._thread = None
            return False

    def _look(self) -> None:
        with self._lock:
            watched = dict(self._watched)
        try:
            with self._database.reading() as session:
                found = progress(session, watched)
            waiting = self.places([job_id for job_id, step in found.items() if step.is_waiting])
        except SQLAlchemyError as error:
            if not self._is_silent:
                _log.warning("open pages stand still: the database did not answer (%s)", type(error).__name__)
            self._is_silent = True
            return
        if self._is_silent:
            _log.warning("open pages go on: the database answers again")
            self._is_silent = False
        moved = [one.update(found.get(job_id), waiting.get(job_id)) for job_id, one in watched.items()]
        if any(moved):
            self._moved_at = time.monotonic()

    def _pause(self) -> float:
        if self._is_silent:
            return SILENT_SECONDS
        return QUICK_SECONDS if time.monotonic() - self._moved_at < SLOW_AFTER_SECONDS else SLOW_SECONDS

    def _let_go(self) -> None:
        with self._lock:
            watched = list(self._watched.values())
            self._watched.clear()
            self._thread = None
        for one in watched:
            one.end()
