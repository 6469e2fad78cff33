from __future__ import annotations

from datetime import datetime
from pathlib import Path
from threading import Thread

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from grader.domain.errors import SettingsError
from grader.domain.submission import SourceFile
from grader.store.database import Database
from grader.store.submissions import submit
from grader.store.tables import Base, Submission, User


def test_the_migrations_lead_to_the_tables_that_the_code_has(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_migrating_twice_changes_nothing(database: Database, student: User) -> None:
    database.migrate()
    with database.reading() as session:
        assert session.get(User, student.id) is not None


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


def test_foreign_keys_are_kept(database: Database) -> None:
    with database.reading() as session:
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
