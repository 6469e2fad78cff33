"""Results that fill in while a worker writes them, as Server-Sent Events, or asked for now and then.

Events are `check` (a stage of the job has moved), `place` (its place in the line has), `done` (it is complete; the
stream ends) and `beat` (nothing has; whoever hears nothing for long knows that the connection is gone). The id of each
names the state that its reader has seen by then. A reader who comes with the id of the state that holds is not sent it
again, whoever comes with another is sent the whole of it: nothing is missed, and nothing has to be kept for them.
"""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Hashable, Iterator
from zlib import crc32

from flask import Response, jsonify, request, stream_with_context
from sqlalchemy.exc import SQLAlchemyError

from grader.store.standing import Progress, progress_of
from grader.store.tables import GradingJob
from webapp.access import visitor
from webapp.portal import now, portal
from webapp.waiting import waiting_words
from webapp.watching import Fragment, TooManyStreams, Watched

HEARTBEAT_SECONDS = 10.0
MAX_SECONDS = 300.0
"""A longer wait goes on in a new stream: the browser reconnects by itself."""
RETRY_MILLISECONDS = 1000
"""When a reader reconnects; each is told up to twice as much more, for a portal that has just started again."""
FULL_SECONDS = 30
"""When a reader for whom there was no room may try again."""

_log = logging.getLogger(__name__)


def state_of(job: GradingJob) -> str:
    """Return the name of the state in which a job was loaded: numbers with dots, greater in what is newer."""
    return _state(job.id, progress_of(job))


def words_of(job: GradingJob) -> str:
    """Say where a job that was loaded waits; nothing if it does not."""
    found = progress_of(job)
    return waiting_words(found, portal().watcher.places([job.id]).get(job.id)) if found.is_waiting else ""


def follow(job_id: int, audience: Hashable, render: Callable[[], Fragment]) -> Response:
    """Return a stream that sends what `render` makes of the job, each time that the job has moved.

    Who may see the job has been decided before; `render` reads it afresh. What it makes is sent to all readers of the
    same `audience`. The reader names what it has seen by the header `Last-Event-ID`, or at first by `?since=`.
    """
    try:
        watched, release = portal().watcher.open(job_id, visitor().id)
    except TooManyStreams as full:
        return Response(f"{full}\n", 503, {"Retry-After": str(FULL_SECONDS)}, mimetype="text/plain")
    seen = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    events = stream_with_context(_events(watched, audience, render, seen))
    response = Response(events, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no"})
    response.call_on_close(release)
    return response


def answer(job: GradingJob, render: Callable[[], Fragment]) -> Response:
    """Answer a page that cannot have a stream and asks instead: the same as an event, what it has seen left out."""
    said = {"id": state_of(job), "isDone": job.is_complete, "waiting": words_of(job), "now": _milliseconds()}
    if request.args.get("since") != said["id"]:
        made = render()
        said |= {"id": _state(made.job_id, made.progress), "isDone": made.progress.is_final, "html": made.html}
    return jsonify(said)


def _events(watched: Watched, audience: Hashable, render: Callable[[], Fragment], seen: str) -> Iterator[str]:
    shown, _, told = seen.partition("+")
    sent: Fragment | None = None
    started = time.monotonic()
    yield f"retry: {RETRY_MILLISECONDS + secrets.randbelow(2 * RETRY_MILLISECONDS)}\n\n"
    while not watched.has_ended and time.monotonic() - started < MAX_SECONDS:
        version, current, place = watched.version, watched.progress, watched.place
        if current is not None and _is_news(watched.job_id, current, sent, shown):
            try:
                sent = watched.fragment(audience, current, render)
            except SQLAlchemyError as error:
                _log.warning("a page has to come again: the database did not answer (%s)", type(error).__name__)
                return
            current, state = sent.progress, _state(sent.job_id, sent.progress)
            if state != shown:  # it is the same where the reader's last stream was ahead of the watcher
                shown, told = state, ""
                yield _event("done" if current.is_final else "check", shown, {"html": sent.html})
                if current.is_final:
                    return
        if current is not None and current.is_final:
            yield _event("done", shown, {})
            return
        words = waiting_words(current, place) if current is not None else ""
        if words and (mark := f"{crc32(words.encode()):08x}") != told:
            told = mark
            yield _event("place", f"{shown}+{told}", {"waiting": words})
        watched.wait_beyond(version, HEARTBEAT_SECONDS)
        if watched.version == version and not watched.has_ended:
            yield _event("beat", f"{shown}+{told}" if told else shown, {})


def _is_news(job_id: int, current: Progress, sent: Fragment | None, shown: str) -> bool:
    """Whether the reader has not seen this. What was sent may be newer than what the watcher has read."""
    return _state(job_id, current) != shown if sent is None else (job_id, *current.order) > sent.order


def _state(job_id: int, progress: Progress) -> str:
    return ".".join(map(str, (job_id, *progress.order)))


def _event(name: str, seen: str, said: dict[str, object]) -> str:
    data = {"id": seen.partition("+")[0], "now": _milliseconds(), **said}
    return f"event: {name}\nid: {seen}\ndata: {json.dumps(data)}\n\n"


def _milliseconds() -> int:
    return round(now().timestamp() * 1000)
