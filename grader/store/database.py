"""The way to the database: one engine, short sessions, migrations."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

from grader.domain.errors import GraderFault, SettingsError

_log = logging.getLogger(__name__)

Result = TypeVar("Result")

_RETRY_SECONDS = 0.25


class Database:
    """A database by its SQLAlchemy URL: SQLite (write-ahead log) or PostgreSQL."""

    def __init__(self, url: str) -> None:
        # What a student wrote is among the parameters, and has no place in the text of an exception.
        self.engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True)
        if self.engine.dialect.name == "sqlite":
            Path(self.engine.url.database or "").parent.mkdir(parents=True, exist_ok=True)
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._writers = sessionmaker(self.engine, expire_on_commit=False)
        self._readers = sessionmaker(self.engine.execution_options(**{_READS: True}), expire_on_commit=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose changes are committed together at the end, or not at all."""
        with self._writers.begin() as session:
            yield session

    def insist(self, change: Callable[[Session], Result], *, patience: timedelta) -> Result:
        """Do a transaction, again and again while the database does not answer: one that restarts costs no work.

        `change` may be called several times, and may find that an earlier call of it has been committed after all.
        Raises `OperationalError` when the patience is at its end.
        """
        deadline = time.monotonic() + patience.total_seconds()
        while True:
            try:
                with self.transaction() as session:
                    return change(session)
            except OperationalError as error:
                if time.monotonic() > deadline:
                    raise
                _log.warning("the database does not answer (%s), trying again", type(error).__name__)
                time.sleep(_RETRY_SECONDS)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, and so never waits for a writer; what it loaded stays usable afterwards."""
        with self._readers() as session:
            yield session

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema to the newest revision, or to this one; what the tables hold stays."""
        with self.rebuilding() as connection:
            upgrade(connection, revision)

    @contextmanager
    def rebuilding(self) -> Iterator[Connection]:
        """A transaction that may make, fill and drop tables, all of it or nothing."""
        with _migrating(self.engine) as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that reads all tables as they are at one moment, while others go on writing."""
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                connection.execution_options(**{_READS: True})
            else:
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            with connection.begin():
                yield connection

    def downgrade(self, revision: str) -> None:
        """Take the schema back to an earlier revision; what only newer tables hold is lost."""
        with self.rebuilding() as connection:
            command.downgrade(_alembic(connection), revision)

    def wait_until_it_answers(self, seconds: float) -> None:
        """Raise `SettingsError` when the database has not answered after so long."""
        try:
            self.insist(lambda session: session.execute(text("SELECT 1")), patience=timedelta(seconds=seconds))
        except OperationalError as error:
            raise SettingsError(f"The database {self.engine.url!r} does not answer: {error.orig}") from None

    def require_newest_schema(self) -> None:
        """Raise `SettingsError` unless the schema is the newest: a worker or portal must not run on another."""
        current, newest = self.schema(), newest_schema()
        if current != newest:
            raise SettingsError(
                f"The database {self.engine.url!r} has schema {current or 'none'}, this version of Gradescent needs"
                f" {newest}. Run: gradescent migrate"
            )

    def schema(self, connection: Connection | None = None) -> str | None:
        """Return the revision of the schema, over a connection if one is open; `None` where there is none yet."""
        if connection is not None:
            return MigrationContext.configure(connection).get_current_revision()
        with self.engine.connect() as opened:
            return self.schema(opened)

    def close(self) -> None:
        self.engine.dispose()


@cache
def newest_schema() -> str:
    """Return the revision of the schema that this version of Gradescent needs."""
    newest = ScriptDirectory.from_config(_alembic()).get_current_head()
    assert newest is not None, "there are migrations"
    return newest


def knows_schema(revision: str) -> bool:
    """Say whether this version of Gradescent can migrate a database of this revision."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_alembic()).walk_revisions())


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the schema to the newest revision, or to this one, in the transaction of a connection."""
    command.upgrade(_alembic(connection), revision)


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite database, `None` for another kind."""
    parts = make_url(url)
    return Path(parts.database or "") if parts.get_backend_name() == "sqlite" else None


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """A transaction in which a table can be replaced by its copy, as SQLite alters one, while others refer to it.

    SQLite heeds the switch of its foreign keys outside of transactions only. All references are looked at before the
    commit; `GraderFault` is raised for those that lead nowhere.
    """
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            with connection.begin():
                yield connection
            return
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA foreign_keys = OFF")
        try:
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise GraderFault(
                        f"the migration would leave {len(broken)} rows that refer to nothing: {broken[:3]}"
                    )
        finally:
            cursor.execute("PRAGMA foreign_keys = ON")


def _alembic(connection: Connection | None = None) -> Config:
    """Return what Alembic's commands work with; those that change the schema need a connection."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


_READS = "gradescent_reads"


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that will write says so at its start: two readers that both try to become the writer later
    # would make one of them fail at once instead of waiting.
    reads = connection.get_execution_options().get(_READS, False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _prepare_sqlite(connection: SqliteConnection, _: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not by the driver
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON", "busy_timeout = 10000"):
        connection.execute(f"PRAGMA {pragma}")
