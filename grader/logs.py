"""How portal and worker write their logs: lines for people, or one JSON object per line.

Neither holds the text of an exception: it may quote what a student wrote. Its type and where it was raised are told.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType, TracebackType
from typing import Any, TypeAlias

from grader.settings import Settings

CHATTY = ("alembic", "celery", "kombu")

_current: ContextVar[Mapping[str, Any]] = ContextVar("fields_of_the_log", default=MappingProxyType({}))

_ExceptionInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def configure(settings: Settings, process: str, *, text: str) -> None:
    """Write logs to standard error in the format of the settings.

    `process` is who speaks (portal or worker), `text` the format of a line for people.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines(process) if settings.log_format == "json" else TextLines(text))
    handler.addFilter(_without_words_of_celery)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(settings.log_format == "json")
    for chatty in CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # It warns, of each queue on RabbitMQ, of tasks with a time to start at. There are none here.
    logging.getLogger("kombu.transport.native_delayed_delivery").setLevel(logging.ERROR)


def fields(**values: Any) -> dict[str, Any]:
    """Return the `extra` of a log call that gives its JSON object these fields: ids and numbers, no student's text."""
    return {"fields": values}


@contextmanager
def about(**values: Any) -> Iterator[None]:
    """Give the JSON object of every line that is logged within these fields, such as the id of a request."""
    token = _current.set({**_current.get(), **values})
    try:
        yield
    finally:
        _current.reset(token)


class TextLines(logging.Formatter):
    """Lines for people."""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # where another formatter has left an exception with its words
        line = super().format(record)
        record.exc_text = None
        return line

    def formatException(self, ei: _ExceptionInfo) -> str:  # noqa: N802 - the name is logging's
        return without_words(ei[1])


class JsonLines(logging.Formatter):
    """One JSON object per line, for programs."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
            **_current.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["exception"] = without_words(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def without_words(error: BaseException | None) -> str:
    """Return the traceback of an exception, and of what caused it, with types instead of texts."""
    parts = []
    while error is not None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{type(error).__name__}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\nfollowed by\n\n".join(reversed(parts))


def _without_words_of_celery(record: logging.LogRecord) -> bool:
    """Take the text of an exception out of what Celery says of a task that failed. Lets every record pass."""
    if record.name == "celery.app.trace" and isinstance(record.args, Mapping) and "exc" in record.args:
        kind = type(record.exc_info[1]).__name__ if record.exc_info else "see the job"
        record.args = {**record.args, "exc": kind, "traceback": ""}
    return True
