"""The embedded broker: a kombu transport that keeps messages in one SQLite file, so that no server is needed.

A message is taken by deleting it. A worker that dies takes its messages with it; the database's leases and the sweeper
bring those jobs back, as with any other broker, so acknowledgements are not stored here.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import virtual

POLL_SECONDS = 0.05

_SCHEMA = """
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    UNIQUE (queue, correlation_id)
)
"""


class Channel(virtual.Channel):
    """A channel with a connection of its own to the file; every statement is its own transaction."""

    def __init__(self, connection: Any, **kwargs: Any) -> None:
        super().__init__(connection, **kwargs)  # type: ignore[no-untyped-call]  # kombu is typed in part
        path = Path(connection.client.hostname.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        # Tasks give messages back from their own threads; SQLite serialises calls on a connection.
        self._file = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", _SCHEMA):
            self._file.execute(statement)

    def _put(self, queue: str, message: dict[str, Any], **_: Any) -> None:
        """Store a message; one for the same task that still waits makes it superfluous."""
        name = message["properties"]["correlation_id"]
        self._file.execute(
            "INSERT OR IGNORE INTO messages (queue, correlation_id, payload) VALUES (?, ?, ?)",
            (queue, name, json.dumps(message)),
        )

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:  # noqa: ARG002 - kombu's signature
        """Take the oldest message. Raises `Empty`. Looking first keeps idle workers from locking the file."""
        while waiting := self._fetch("SELECT id FROM messages WHERE queue = ? ORDER BY id LIMIT 1", queue):
            if taken := self._fetch("DELETE FROM messages WHERE id = ? RETURNING payload", *waiting[0]):
                message: dict[str, Any] = json.loads(taken[0][0])
                return message
        raise Empty

    def _size(self, queue: str) -> int:
        return int(self._fetch("SELECT count(*) FROM messages WHERE queue = ?", queue)[0][0])

    def _purge(self, queue: str) -> int:
        return len(self._fetch("DELETE FROM messages WHERE queue = ? RETURNING id", queue))

    def close(self) -> None:
        """Give back what was taken but not finished, then close the file."""
        if not self.closed:
            super().close()  # type: ignore[no-untyped-call]  # as above
            self._file.close()

    def _fetch(self, statement: str, *values: Any) -> list[Any]:
        return self._file.execute(statement, values).fetchall()


class Transport(virtual.Transport):
    """The transport behind URLs of the form `gradescent+sqlite:////folder/broker.sqlite3`."""

    Channel = Channel
    polling_interval = POLL_SECONDS
    driver_type = driver_name = "sqlite"
    connection_errors = (*virtual.Transport.connection_errors, sqlite3.Error, OSError)  # type: ignore[assignment]
    recoverable_connection_errors = connection_errors

    def driver_version(self) -> str:
        return sqlite3.sqlite_version

    def drain_events(self, connection: Any, timeout: float | None = None, **_: Any) -> None:
        """Deliver one message, or raise `TimeoutError` soon: Celery acknowledges and stops between two calls only."""
        soon = min(timeout or POLL_SECONDS, POLL_SECONDS)
        super().drain_events(connection, timeout=soon)  # type: ignore[no-untyped-call]  # as above
