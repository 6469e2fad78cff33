"""What tests of every area need: settings that live in a temporary folder, a database, somebody who submits."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from grader.settings import Settings
from grader.store import accounts
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.tables import Role, User
from tests.servers import Postgres, free_port

collect_ignore = ["course"]  # what lies there are exercises and suites, tests of students' work

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _passwords_are_hashed_in_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash that is slow on purpose would take most of the time of most tests."""
    monkeypatch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def now() -> datetime:
    """A fixed moment, for code that takes the time as an argument."""
    return NOON


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The default settings, with the data in a folder of the test's own."""
    return Settings(data_dir=tmp_path / "var")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database file with the schema, to be copied: a migration for each test would take most of the time."""
    path = tmp_path_factory.mktemp("migrated") / "gradescent.sqlite3"
    made = Database(f"sqlite:///{path}")
    made.migrate()
    made.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server of our own."""
    with Postgres() as server:
        assert isinstance(server, Postgres)
        yield server


@pytest.fixture
def sqlite(settings: Settings, migrated: Path) -> Iterator[Database]:
    """A real, migrated SQLite file of the test's own."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy(migrated, settings.data_dir)
    made = Database(settings.resolved_database_url())
    yield made
    made.close()


@pytest.fixture
def database(sqlite: Database) -> Database:
    """What a test works on that does not ask for another kind."""
    return sqlite


@pytest.fixture
def student(database: Database, now: datetime) -> User:
    """A student who is in the database."""
    with database.transaction() as session:
        return create_user(session, "ada", "Ada Lovelace", Role.STUDENT, "first-moment", now)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In continuous integration a test that was not run is a failure; only a GPU cannot be asked for."""
    report = yield
    if (
        os.environ.get("CI")
        and report.skipped
        and not hasattr(report, "wasxfail")
        and not item.get_closest_marker("gpu")
    ):
        report.outcome = "failed"
        report.longrepr = f"not run, and CI is set: {report.longrepr[2] if report.longrepr else 'no reason given'}"
    return report


class ServedPortal:
    """`python -m webapp` over a data folder, on a port that it keeps when it is stopped and started again."""

    def __init__(self, data: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self._data = data
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GRADESCENT_")}
        environment |= {"GRADESCENT_DATA_DIR": str(self._data), "GRADESCENT_PORT": str(self.port)}
        with (self._data / "portal.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "webapp"], env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + 90
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.1)

    def stop(self) -> int | None:
        """Ask it to stop, and return its exit code."""
        if self._process is None:
            return None
        self._process.send_signal(signal.SIGTERM)
        code, self._process = self._process.wait(60), None
        return code

    def log(self) -> str:
        """What it has said."""
        return (self._data / "portal.log").read_text(errors="replace")

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()


@pytest.fixture
def served_portal(settings: Settings, database: Database) -> Iterator[ServedPortal]:
    """A portal of the test's own without a worker, as the test is the worker; it is started."""
    served = ServedPortal(settings.data_dir)
    served.start()
    yield served
    served.stop()
