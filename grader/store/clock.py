"""The time that leases and order go by: that of the database, the one clock that all workers and portals share."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def database_now(session: Session) -> datetime:
    """Return the current time of the database's machine, also within a transaction that began earlier.

    A worker whose own clock is wrong neither takes jobs away from others nor keeps its own too long. SQLite has no
    clock but that of the machine, which all its users share.
    """
    if session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    found: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return found.astimezone(UTC)
