"""What every area of the portal works with: the course, the database, the way to the queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from flask import current_app

from grader.catalog import Catalog
from grader.readiness import Readiness
from grader.settings import Settings
from grader.store.database import Database
from grader.tracing import Tracer
from webapp.metrics import Metrics
from webapp.watching import Watcher

Send = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class Portal:
    """One portal's parts; made once by the app factory."""

    settings: Settings
    catalog: Catalog
    database: Database
    send: Send
    readiness: Readiness
    metrics: Metrics
    tracer: Tracer
    watcher: Watcher


def portal() -> Portal:
    """Return the parts of the portal that answers the current request."""
    return cast(Portal, current_app.extensions["gradescent"])


def now() -> datetime:
    """Return the current time, aware and in UTC."""
    return datetime.now(UTC)
