"""Whether an installation is ready: the database answers, its schema is the newest, the broker can be reached."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy import text

from grader.domain.errors import SettingsError
from grader.queue import celery_app
from grader.settings import Settings
from grader.store.database import Database

ANSWER_SECONDS = 2.0
"""How long the parts may take to answer, all together."""


class Readiness:
    """Asks the parts that a portal needs. Thread-safe."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database, self._queue = database, celery_app(settings)
        self._parts = {
            "database": _Part(self._ask_database),
            "schema": _Part(self._ask_schema),
            "broker": _Part(self._ask_broker),
        }

    def faults(self) -> dict[str, str]:
        """Return what is wrong with each part that is not ready, in words without addresses or secrets."""
        deadline = time.monotonic() + ANSWER_SECONDS
        for part in self._parts.values():
            part.ask()
        found = {name: part.fault(deadline) for name, part in self._parts.items()}
        if found["database"]:
            del found["schema"]  # nobody can tell
        return {name: fault for name, fault in found.items() if fault}

    def _ask_database(self) -> str:
        with self._database.reading() as session:
            session.execute(text("SELECT 1"))
        return ""

    def _ask_schema(self) -> str:
        try:
            self._database.require_newest_schema()
        except SettingsError:
            return "not the newest; `gradescent migrate` brings it there"
        return ""

    def _ask_broker(self) -> str:
        with self._queue.connection_for_write() as connection:
            # One attempt; a connection's own `connect` tries again, for longer than anybody waits here.
            transport = connection.transport
            transport.close_connection(transport.establish_connection())
        return ""


class _Part:
    """Something that is asked in a thread, so that whoever hangs is not waited for, nor asked again while it hangs."""

    def __init__(self, question: Callable[[], str]) -> None:
        self._question = question
        self._lock = threading.Lock()
        self._thread = threading.Thread()
        self._fault = ""

    def ask(self) -> None:
        """Begin to ask, unless an earlier question is still unanswered."""
        with self._lock:
            if not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="readiness", daemon=True)
                self._thread.start()

    def fault(self, deadline: float) -> str:
        """Return what is wrong, or "", as far as it is known at the deadline."""
        thread = self._thread
        thread.join(max(0.0, deadline - time.monotonic()))
        return f"no answer within {ANSWER_SECONDS:g} s" if thread.is_alive() else self._fault

    def _run(self) -> None:
        try:
            self._fault = self._question()
        except Exception as error:  # noqa: BLE001 - whatever it was, the part did not answer
            self._fault = f"does not answer ({type(error).__name__})"
