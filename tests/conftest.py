"""What tests of every area need: settings that live in a temporary folder, a database, somebody who submits."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grader.settings import Settings
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.tables import Role, User

collect_ignore = ["course"]  # what lies there are exercises and suites, tests of students' work

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


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


@pytest.fixture
def database(settings: Settings, migrated: Path) -> Iterator[Database]:
    """A real, migrated SQLite file of the test's own."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy(migrated, settings.data_dir)
    made = Database(settings.resolved_database_url())
    yield made
    made.close()


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
