"""Logs in both formats, and that neither holds what a student wrote."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import Celery
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from grader import logs
from grader.domain.errors import GraderFault
from grader.domain.queues import Queue
from grader.logs import JsonLines, TextLines, about, fields
from grader.settings import Settings
from grader.store.database import Database
from grader.store.tables import GradingJob
from grader.tasks import JobRunner

FORMATS = {"text": TextLines("%(levelname)s %(name)s: %(message)s"), "json": JsonLines("worker")}


class Listener(logging.Handler):
    """Writes what it hears in both formats."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, list[str]] = {"text": [], "json": []}

    def emit(self, record: logging.LogRecord) -> None:
        for form, lines in self.told.items():
            lines.append(FORMATS[form].format(record))


@pytest.fixture
def written(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[str], str]]:
    """Return all that was logged, in one of the formats."""
    caplog.set_level(logging.DEBUG)
    listener = Listener()
    logging.getLogger().addHandler(listener)
    yield lambda form: "\n".join(listener.told[form])
    logging.getLogger().removeHandler(listener)


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Settings], logging.Handler]]:
    """Configure logging as a worker does, and put all back at the end."""
    root, levels = logging.getLogger(), {name: logging.getLogger(name).level for name in ("", *logs.CHATTY)}

    def configure(settings: Settings) -> logging.Handler:
        monkeypatch.setattr(root, "handlers", [])
        logs.configure(settings, "worker", text="%(message)s")
        (handler,) = root.handlers
        return handler

    yield configure
    logging.captureWarnings(False)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def fail_with_words(words: str) -> None:
    try:
        int(words)
    except ValueError as error:
        raise RuntimeError(words) from error


def test_a_line_of_json_says_when_who_and_what(written: Callable[[str], str]) -> None:
    with about(request="r1"):
        logging.getLogger("grader.x").warning("%d of\n%d", 2, 3, extra=fields(job=4, submission=5))
    (line,) = written("json").splitlines()
    found = json.loads(line)
    moment = datetime.fromisoformat(found.pop("time"))
    assert moment.utcoffset() == timedelta(0)
    assert found == {
        "level": "warning",
        "process": "worker",
        "logger": "grader.x",
        "message": "2 of\n3",
        "request": "r1",
        "job": 4,
        "submission": 5,
    }


def test_what_a_line_was_about_ends_with_it(written: Callable[[str], str]) -> None:
    with about(request="r1"):
        pass
    logging.getLogger("grader.x").warning("later")
    assert "request" not in json.loads(written("json"))


@pytest.mark.parametrize("form", FORMATS)
def test_an_exception_is_its_types_and_places_without_its_words(written: Callable[[str], str], form: str) -> None:
    try:
        fail_with_words("SEC" + "RET")  # our own lines of code are told
    except RuntimeError:
        logging.getLogger("grader.x").exception("it failed")
    told = written(form)
    assert "SECRET" not in told
    assert "ValueError" in told and "RuntimeError" in told and "fail_with_words" in told


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_celery_says_of_a_failed_task_has_no_words_of_the_exception(
    configured: Callable[[Settings], logging.Handler], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = configured(Settings(log_format=form))
    told: list[str] = []
    monkeypatch.setattr(handler, "emit", lambda record: told.append(handler.format(record)))
    app = Celery("test", set_as_current=False)
    app.conf.update(task_always_eager=True, task_ignore_result=True)

    words = "SEC" + "RET"

    @app.task(name="failing", shared=False)
    def failing() -> None:
        raise RuntimeError(words)

    failing.apply()
    (line,) = [line for line in told if "failing" in line]
    assert "RuntimeError" in line and "SECRET" not in line


@pytest.mark.parametrize(("form", "kind"), [("text", TextLines), ("json", JsonLines)])
def test_the_settings_choose_the_format(
    configured: Callable[[Settings], logging.Handler], form: str, kind: type[logging.Formatter]
) -> None:
    assert isinstance(configured(Settings(log_format=form)).formatter, kind)


@pytest.mark.parametrize("form", FORMATS)
def test_a_submission_that_makes_the_grader_fail_leaves_no_trace_of_its_code(
    database: Database, waiting_job: int, obliging_grader: Any, written: Callable[[str], str], form: str
) -> None:
    with database.reading() as session:
        submission = session.get_one(GradingJob, waiting_job).submission
        assert submission is not None
        code = submission.files[0].content.decode()

    def fail() -> None:
        raise GraderFault(f"while running {code}")

    JobRunner(database, obliging_grader(fail), timedelta(seconds=15), print).run(Queue.CPU)
    told = written(form)
    assert "the grader failed (GraderFault)" in told and f"job {waiting_job}" in told
    assert "RECOGNISABLE" in code and "RECOGNISABLE" not in told


def test_a_statement_that_fails_does_not_quote_its_parameters(database: Database) -> None:
    with pytest.raises(OperationalError) as error, database.transaction() as session:
        session.execute(text("SELECT :code FROM nowhere"), {"code": "RECOGNISABLE"})
    assert "RECOGNISABLE" not in str(error.value)
