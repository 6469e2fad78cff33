"""Results that fill in while a worker writes them, as Server-Sent Events.

The database is what the stream reads, so a reader who reconnects is sent the whole state again and misses nothing.
Events are `check` (a stage of the job has moved) and `done` (it is complete; the stream ends); both carry
`{"html": fragment}`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

from flask import Response, stream_with_context

from grader.store.database import Database
from grader.store.standing import progress

POLL_SECONDS = 0.15
HEARTBEAT_SECONDS = 10.0
MAX_SECONDS = 300.0
"""A longer wait goes on in a new stream: the browser reconnects by itself."""


def follow(database: Database, job_id: int, render: Callable[[], str]) -> Response:
    """Return a stream that sends what `render` makes of the job, each time that the job has moved.

    Who may see the job has been decided before; `render` reads it afresh and returns HTML.
    """
    events = stream_with_context(_events(database, job_id, render))
    return Response(events, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _events(database: Database, job_id: int, render: Callable[[], str]) -> Iterator[str]:
    yield "retry: 1000\n\n"
    shown = None
    started = spoke = time.monotonic()
    while time.monotonic() - started < MAX_SECONDS:
        with database.reading() as session:
            current = progress(session, job_id)
        if current != shown:
            shown, spoke = current, time.monotonic()
            yield _event("done" if current.is_final else "check", render())
            if current.is_final:
                return
        elif time.monotonic() - spoke > HEARTBEAT_SECONDS:
            spoke = time.monotonic()
            yield ": waiting\n\n"
        time.sleep(POLL_SECONDS)


def _event(name: str, html: str) -> str:
    return f"event: {name}\ndata: {json.dumps({'html': html})}\n\n"
