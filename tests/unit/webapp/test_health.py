"""What supervisors and load balancers are told, whoever asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.readiness import Readiness
from grader.settings import Settings
from grader.store.database import Database


@pytest.fixture
def ask(school, settings: Settings, monkeypatch: pytest.MonkeyPatch):
    """Return what a page says where the database, or the broker, is another one."""

    def get(path: str, *, database: Database | None = None, broker: str = ""):
        parts = school.app.extensions["gradescent"]
        database = database or parts.database
        readiness = Readiness(replace(settings, broker_url=broker), database)
        parts = replace(parts, database=database, readiness=readiness)
        monkeypatch.setitem(school.app.extensions, "gradescent", parts)
        return school.app.test_client().get(path)

    return get


@pytest.fixture
def gone(tmp_path) -> Database:
    return Database(f"sqlite:///{tmp_path}")  # a folder


def test_a_portal_lives_whatever_has_become_of_the_database(ask, gone) -> None:
    answer = ask("/healthz", database=gone)
    assert (answer.status_code, answer.json) == (200, {"status": "ok"})


def test_a_portal_with_database_schema_and_broker_is_ready(ask) -> None:
    answer = ask("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready"})


def test_a_portal_whose_database_does_not_answer_is_not_ready(ask, gone) -> None:
    answer = ask("/readyz", database=gone)
    assert answer.status_code == 503
    assert answer.json == {"status": "not ready", "faults": {"database": "does not answer (OperationalError)"}}


def test_a_portal_on_an_older_schema_is_not_ready(ask, tmp_path) -> None:
    old = Database(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    old.migrate("0001")
    answer = ask("/readyz", database=old)
    old.close()
    assert answer.status_code == 503
    assert answer.json["faults"] == {"schema": "not the newest; `gradescent migrate` brings it there"}


def test_a_portal_without_its_broker_is_not_ready(ask, silent_port) -> None:
    answer = ask("/readyz", broker=f"amqp://someone:secret@127.0.0.1:{silent_port(listens=False)}//")
    assert answer.status_code == 503
    assert set(answer.json["faults"]) == {"broker"}
    assert "does not answer" in answer.json["faults"]["broker"] and "secret" not in answer.text


def test_a_broker_that_hangs_is_not_waited_for(ask, silent_port, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.readiness.ANSWER_SECONDS", 0.2)
    answer = ask("/readyz", broker=f"redis://127.0.0.1:{silent_port(listens=True)}/0")
    assert answer.status_code == 503
    assert answer.json["faults"] == {"broker": "no answer within 0.2 s"}
