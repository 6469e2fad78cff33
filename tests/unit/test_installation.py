"""What the doctor says of an installation, found without making anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from grader.cli.console import ExitCode
from grader.cli.doctor import tell
from grader.doctor import Finding, State
from grader.domain.errors import GraderFault
from grader.domain.submission import SourceFile
from grader.installation import examine_installation
from grader.settings import Settings
from grader.store.database import Database
from grader.store.submissions import submit
from grader.store.tables import User
from grader.store.workers import worker_seen

GIB = 1 << 30


def found_in(settings: Settings) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine_installation(settings)}


def test_an_installation_that_was_never_started_is_left_so(settings: Settings) -> None:
    found = found_in(settings)
    assert found["database"].state is State.GOOD and "none yet" in found["database"].text
    assert not settings.data_dir.exists()


def test_an_idle_installation_lacks_only_a_worker(settings: Settings, database: Database) -> None:
    states = {name: finding.state for name, finding in found_in(settings).items()}
    assert states.pop("disk")
    assert states == {"database": State.GOOD, "broker": State.GOOD, "workers": State.WEAK, "queue": State.GOOD}


def test_workers_are_told_by_queue(settings: Settings, database: Database) -> None:
    with database.transaction() as session:
        worker_seen(session, "one", ["cpu", "gpu"], now=datetime.now(UTC))
        worker_seen(session, "two", ["cpu"], now=datetime.now(UTC))
    assert found_in(settings)["workers"] == Finding("workers", State.GOOD, "cpu: 2, gpu: 1")


@pytest.mark.parametrize(
    ("age", "state", "words"), [(30, State.GOOD, "the oldest for 3"), (3600, State.WEAK, "the oldest for 60 min")]
)
def test_what_waits_is_told_with_its_age(
    settings: Settings, database: Database, student: User, age: int, state: State, words: str
) -> None:
    with database.transaction() as session:
        stored = datetime.now(UTC) - timedelta(seconds=age)
        submit(session, student, "adaptive", [SourceFile("adaptive.py", b"x")], seed=0, now=stored)
    queue = found_in(settings)["queue"]
    assert queue.state is state and words in queue.text and "jobs that wait: 1" in queue.text


def test_an_older_schema_is_told_with_what_to_run(settings: Settings) -> None:
    old = Database(settings.resolved_database_url())
    old.migrate("0001")
    old.close()
    found = found_in(settings)
    assert found["database"].state is State.BAD and "gradescent migrate" in found["database"].text
    assert "queue" not in found


def test_a_broker_that_cannot_be_reached_is_told_without_its_password(settings: Settings, database: Database) -> None:
    broker = found_in(replace(settings, broker_url="amqp://someone:secret@127.0.0.1:1//"))["broker"]
    assert broker.state is State.BAD and "secret" not in broker.text


def test_embedded_servers_are_pointed_out_in_production(settings: Settings) -> None:
    assert "servers" not in found_in(settings)
    assert found_in(replace(settings, environment="production"))["servers"].state is State.WEAK


@pytest.mark.parametrize(("free", "state"), [(9 * GIB, State.GOOD), (GIB, State.WEAK), (GIB // 10, State.BAD)])
def test_little_room_is_told(settings: Settings, monkeypatch: pytest.MonkeyPatch, free: int, state: State) -> None:
    monkeypatch.setattr("grader.installation.shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    assert found_in(settings)["disk"].state is state


def test_the_doctor_tells_of_the_installation_as_well(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any) -> None:
        raise GraderFault("not now")

    monkeypatch.setattr("grader.doctor.ZygoteProcess", refuse)
    assert tell(settings) is ExitCode.NOT_ACCEPTED
    told = capsys.readouterr().out
    assert "GiB free" in told and "none yet" in told
