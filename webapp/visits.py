"""What the portal notes of each request: a line in the log, a count, a span of a trace.

All speak of routes and ids: never of addresses that somebody made up, names, or what was sent.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import Flask, Response, request, session

from grader import logs
from grader.tracing import Tracer, TraceStart, jobs_sent
from webapp.metrics import Metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger(__name__)

_METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")
_QUIET = {"static", "health.healthz", "health.readyz", "health.metrics"}
"""Asked for by machines, many times a minute: counted, but no line in the log."""

_ANSWER = "gradescent.answer"


@dataclass
class _Answer:
    """What becomes known of a request; as it is, that of one which nothing answered, not even the page about faults."""

    request: str
    route: str = "(none)"
    endpoint: str = ""
    status: int = 500
    user: int | None = None


def install(app: Flask, metrics: Metrics, tracer: Tracer) -> None:
    """Note each request of this app, and give its answer the id that its lines in the log have."""
    app.after_request(_note_answer)
    watched = _Watched(app.wsgi_app, metrics, tracer)
    app.wsgi_app = watched  # type: ignore[method-assign]  # Flask's own way of wrapping


class _Watched:
    """The portal, and what is noted around it, up to the begin of its answer."""

    def __init__(self, portal: WSGIApplication, metrics: Metrics, tracer: Tracer) -> None:
        self._portal, self._metrics, self._tracer = portal, metrics, tracer

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began, started = time.time(), time.monotonic()
        answer = environ[_ANSWER] = _Answer(_id_of(environ))
        method = environ["REQUEST_METHOD"] if environ["REQUEST_METHOD"] in _METHODS else "other"
        with logs.about(request=answer.request), jobs_sent() as sent:
            try:
                return self._portal(environ, start_response)
            finally:
                seconds = time.monotonic() - started
                self._record(method, answer, began, sent)
                self._metrics.answered(method, answer.route, answer.status, seconds)
                _write_line(method, answer, 1000 * seconds)

    def _record(self, method: str, answer: _Answer, began: float, sent: Sequence[TraceStart]) -> None:
        """Record a span; each job that was sent has it as the begin of its trace."""
        name, end = f"{method} {answer.route}", time.time()
        told: dict[str, str | int] = {
            "method": method,
            "route": answer.route,
            "status": answer.status,
            "request": answer.request,
        }
        if not sent:
            self._tracer.record(name, began, end, told)
        for origin in sent:
            self._tracer.record(name, began, end, {**told, "job": origin.job_id}, opens=origin)


def _note_answer(response: Response) -> Response:
    answer: _Answer = request.environ[_ANSWER]
    if request.url_rule is not None:
        answer.route, answer.endpoint = request.url_rule.rule, request.url_rule.endpoint
    answer.status, answer.user = response.status_code, _visitor_id()
    response.headers["X-Request-ID"] = answer.request
    return response


def _visitor_id() -> int | None:
    """Return who asks, as far as the session has been read: no line in the log is worth a query."""
    remembered = session.get("_user_id", "") if session.accessed else ""
    number = remembered.partition(".")[0]
    return int(number) if number.isdecimal() else None


def _write_line(method: str, answer: _Answer, milliseconds: float) -> None:
    fields = {"method": method, "route": answer.route, "status": answer.status, "milliseconds": round(milliseconds, 1)}
    words = f"{method} {answer.route}: {answer.status}, {milliseconds:.0f} ms"
    if answer.user is not None:
        fields["user"] = answer.user
        words += f", user {answer.user}"
    _log.log(logging.DEBUG if answer.endpoint in _QUIET else logging.INFO, words, extra=logs.fields(**fields))


def _id_of(environ: WSGIEnvironment) -> str:
    """Return the id that a proxy in front gave the request, or a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    return given if re.fullmatch(r"[\w-]{8,64}", given, re.ASCII) else secrets.token_hex(8)
