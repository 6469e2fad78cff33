"""A backup made of one kind of database fills another kind, through the real command."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from grader.domain.submission import SourceFile
from grader.settings import Settings
from grader.store import copying
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.submissions import submit
from grader.store.tables import GradingJob, Role, User
from tests.servers import Postgres

pytestmark = pytest.mark.slow

CODE = "# ünïcode\r\nx = 1\0".encode()

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def places(postgres: Postgres, tmp_path: Path) -> dict[str, Settings]:
    """Two installations of each kind."""
    places = {}
    for name in ("sqlite", "postgresql"):
        for number in (1, 2):
            url = postgres.new_database() if name == "postgresql" else ""
            places[f"{name} {number}"] = Settings(data_dir=tmp_path / f"{name}-{number}", database_url=url)
    return places


def environment(settings: Settings) -> dict[str, str]:
    return {"GRADESCENT_DATA_DIR": str(settings.data_dir), "GRADESCENT_DATABASE_URL": settings.database_url}


def fill(settings: Settings) -> None:
    database = Database(settings.resolved_database_url())
    database.migrate()
    with database.transaction() as session:
        user = create_user(session, "ada", "Ada Lovelace", Role.STUDENT, "pw", datetime.now(UTC))
        for number in range(3):
            files = [SourceFile("adaptive.py", CODE)]
            job = submit(session, user, "adaptive", files, seed=number, now=datetime.now(UTC))
        session.get_one(GradingJob, 1).reused_job_id = job.id  # one that refers to a later one
    database.close()


def content_of(settings: Settings) -> dict[str, list[Any]]:
    database = Database(settings.resolved_database_url())
    with database.snapshot() as connection:
        found = {
            table.name: [
                dict(zip(copying.kinds_of(table), row, strict=True)) for row in copying.rows_out(connection, table)
            ]
            for table in copying.tables_of(connection)
        }
    database.close()
    return found


@pytest.mark.parametrize(
    ("source", "target"),
    [("sqlite 1", "postgresql 2"), ("postgresql 1", "sqlite 2"), ("postgresql 1", "postgresql 2")],
)
def test_one_kind_of_database_takes_the_backup_of_the_other(
    places: dict[str, Settings], tmp_path: Path, gradescent: Run, source: str, target: str
) -> None:
    fill(places[source])
    made = gradescent("backup", tmp_path / "b.tar.gz", **environment(places[source]))
    assert made.returncode == 0, made.stderr
    assert "rows of" in made.stdout and "read again and whole" in made.stdout
    done = gradescent("restore", tmp_path / "b.tar.gz", **environment(places[target]))
    assert done.returncode == 0, done.stderr
    assert content_of(places[target]) == content_of(places[source])
    again = gradescent("restore", tmp_path / "b.tar.gz", **environment(places[target]))
    assert again.returncode == 2 and "not empty" in again.stderr and "Traceback" not in again.stderr
    replaced = gradescent("restore", "--replace", tmp_path / "b.tar.gz", **environment(places[target]))
    assert replaced.returncode == 0, replaced.stderr


def test_new_rows_get_numbers_of_their_own_after_a_restore(
    places: dict[str, Settings], tmp_path: Path, gradescent: Run
) -> None:
    fill(places["sqlite 1"])
    gradescent("backup", tmp_path / "b.tar.gz", **environment(places["sqlite 1"])).check_returncode()
    gradescent("restore", tmp_path / "b.tar.gz", **environment(places["postgresql 1"])).check_returncode()
    database = Database(places["postgresql 1"].resolved_database_url())
    with database.transaction() as session:
        user = session.get_one(User, 1)
        job = submit(session, user, "adaptive", [SourceFile("adaptive.py", CODE)], seed=9, now=datetime.now(UTC))
    database.close()
    assert (job.id, job.submission_id) == (4, 4)


def test_a_backup_of_postgresql_is_of_one_moment_while_others_write(places: dict[str, Settings]) -> None:
    settings = places["postgresql 1"]
    fill(settings)
    database, other = (Database(settings.resolved_database_url()) for _ in range(2))
    with database.snapshot() as connection:
        tables = copying.tables_of(connection)
        before = {table.name: len(list(copying.rows_out(connection, table))) for table in tables}
        with other.transaction() as session:
            create_user(session, "late", "Late", Role.STUDENT, "pw", datetime.now(UTC))
        after = {table.name: len(list(copying.rows_out(connection, table))) for table in tables}
    database.close()
    other.close()
    assert before == after and before["users"] == 1


def test_a_database_that_does_not_answer_is_told_in_words(tmp_path: Path, gradescent: Run) -> None:
    nowhere = replace(Settings(), database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing", data_dir=tmp_path)
    failed = gradescent("backup", tmp_path / "b.tar.gz", **environment(nowhere))
    assert failed.returncode == 2
    assert "the database does not answer" in failed.stderr and "Traceback" not in failed.stderr
