from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import StatementError

from grader.domain.comparison import Stage
from grader.domain.errors import GraderFault, SettingsError
from grader.domain.queues import Queue
from grader.domain.submission import SourceFile, content_hash
from grader.store import migrations
from grader.store.columns import Base
from grader.store.database import Database
from grader.store.gradebook import gradebook
from grader.store.submissions import submission_by_id, submit
from grader.store.tables import Submission, User


def test_the_migrations_lead_to_the_tables_that_the_code_has(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_migrating_twice_changes_nothing(database: Database, student: User) -> None:
    database.migrate()
    with database.reading() as session:
        assert session.get(User, student.id) is not None


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of each kind that has no tables yet."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    else:
        made = Database(request.getfixturevalue("postgres").new_database())
    yield made
    made.close()


REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
FIRST_ROWS = (
    "INSERT INTO users VALUES (1, 'ada', 'Ada', 'student', 'hash', '2026-03-02 12:00:00')",
    "INSERT INTO submissions VALUES (1, 1, 'adaptive', 1, '2026-03-02 12:00:00')",
    "INSERT INTO submission_files VALUES (1, 1, 'adaptive.py', 'x')",
    "INSERT INTO grading_jobs (id, submission_id, status, seed, tries, created_at, verdict, points, max_points,"
    " message, misconceptions, diagnostics)"
    " VALUES (1, 1, 'graded', 7, 1, '2026-03-02 12:00:00', 'accepted', 4.0, 4.0, '', '[]', '')",
    "INSERT INTO check_results VALUES (1, 1, 'first', '1', 'accepted', 4.0, 4.0, 'hidden', '', '', '')",
    "INSERT INTO quiz_attempts VALUES (1, 1, 'adaptive', 1, '{}', '2026-03-02 12:00:00')",
    "INSERT INTO grading_jobs (id, quiz_attempt_id, status, seed, tries, created_at, verdict, points, max_points,"
    " message, misconceptions, diagnostics)"
    " VALUES (2, 1, 'graded', 0, 1, '2026-03-02 12:00:00', 'wrong_answer', 3.0, 4.0, '', '[]', '')",
)


def test_every_revision_that_there_is_is_migrated_from() -> None:
    folder = Path(migrations.__path__[0]) / "versions"
    assert tuple(sorted(path.name[:4] for path in folder.glob("0*.py"))) == REVISIONS


@pytest.mark.parametrize("stop_at", REVISIONS)
def test_a_database_of_the_first_revision_keeps_its_rows_when_it_is_migrated(old: Database, stop_at: str) -> None:
    old.migrate("0001")
    with old.engine.begin() as connection:
        for row in FIRST_ROWS:
            connection.execute(text(row))
    old.migrate(stop_at)
    old.migrate()
    old.require_newest_schema()
    with old.reading() as session:
        found = submission_by_id(session, 1)
        (row,) = gradebook(session)
    assert found is not None
    (job,) = found.jobs
    assert (job.stage, job.points, job.is_complete, job.comparison) == (Stage.CHECKS, 4.0, True, None)
    assert (job.queue, job.order_at) == (Queue.CPU, job.created_at)
    assert [row.name for row in job.checks] == ["first"]
    assert found.content_hash == content_hash([SourceFile("adaptive.py", b"x")])
    assert (row.points, row.quiz_points, row.unfinished) == ({"adaptive": 4.0}, {"adaptive": 3.0}, set())


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_a_migration_can_be_taken_back(old: Database, revision: str) -> None:
    old.migrate(revision)
    with old.engine.connect() as connection:
        before = schema_of(connection)
    old.migrate()
    old.downgrade(revision)
    with old.engine.connect() as connection:
        assert schema_of(connection) == before
    old.migrate()
    old.require_newest_schema()


def schema_of(connection: Connection) -> dict[str, object]:
    """Return columns and indexes of each table."""
    found = inspect(connection)
    return {
        table: (
            sorted((column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(table)),
            sorted(str(index["name"]) for index in found.get_indexes(table)),
        )
        for table in found.get_table_names()
    }


def test_a_migration_that_would_leave_rows_without_what_they_refer_to_is_not_committed(tmp_path: Path) -> None:
    old = Database(f"sqlite:///{tmp_path / 'old.sqlite3'}")
    old.migrate("0001")
    with closing(sqlite3.connect(tmp_path / "old.sqlite3")) as broken:  # foreign keys are off unless asked for
        broken.execute("INSERT INTO submissions VALUES (1, 99, 'adaptive', 1, '2026-03-02 12:00:00')")
        broken.commit()
    with pytest.raises(GraderFault, match="refer to nothing"):
        old.migrate()
    with pytest.raises(SettingsError, match="has schema 0001"):
        old.require_newest_schema()
    old.close()


def test_a_database_without_tables_is_refused_with_what_to_run(tmp_path: Path) -> None:
    fresh = Database(f"sqlite:///{tmp_path / 'new' / 'folder' / 'fresh.sqlite3'}")
    with pytest.raises(SettingsError, match="Run: gradescent migrate"):
        fresh.require_newest_schema()
    fresh.migrate()
    fresh.require_newest_schema()
    fresh.close()


def test_the_password_of_a_database_is_not_shown_in_an_error(tmp_path: Path) -> None:
    fresh = Database(f"sqlite:///{tmp_path / 'fresh.sqlite3'}")
    fresh.engine.url = fresh.engine.url.set(username="grader", password="hunter22")
    with pytest.raises(SettingsError) as error:
        fresh.require_newest_schema()
    assert "hunter22" not in str(error.value)
    fresh.close()


def test_foreign_keys_are_kept(sqlite: Database) -> None:
    with sqlite.reading() as session:
        assert session.scalar(text("PRAGMA foreign_keys")) == 1
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"


def test_a_naive_time_is_refused(database: Database, student: User) -> None:
    with pytest.raises(StatementError, match="naive"), database.transaction() as session:
        session.add(Submission(user_id=student.id, exercise="e", attempt_no=1, created_at=datetime(2026, 1, 1)))


def test_reading_does_not_wait_for_a_writer(database: Database, student: User) -> None:
    with database.transaction() as writer:
        writer.add(User(id=99))
        with database.reading() as reader:
            assert reader.scalar(select(User.username)) == "ada"
        writer.rollback()


def test_many_threads_submit_without_losing_or_doubling_a_number(
    database: Database, student: User, now: datetime
) -> None:
    def hand_in() -> None:
        for _ in range(5):
            with database.transaction() as session:
                submit(session, student, "adaptive", [SourceFile("adaptive.py", b"x")], seed=0, now=now)

    threads = [Thread(target=hand_in) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert sorted(session.scalars(select(Submission.attempt_no))) == list(range(1, 21))
