"""The way to the database: one engine, short sessions, migrations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from sqlite3 import Connection as SqliteConnection

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker

from grader.domain.errors import GraderFault, SettingsError


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

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, and so never waits for a writer; what it loaded stays usable afterwards."""
        with self._readers() as session:
            yield session

    def migrate(self, revision: str = "head") -> None:
        """Bring the schema to the newest revision, or to this one; what the tables hold stays."""
        config = _alembic()
        with _migrating(self.engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)

    def require_newest_schema(self) -> None:
        """Raise `SettingsError` unless the schema is the newest: a worker or portal must not run on another."""
        current, newest = self.schema(), newest_schema()
        if current != newest:
            raise SettingsError(
                f"The database {self.engine.url!r} has schema {current or 'none'}, this version of Gradescent needs"
                f" {newest}. Run: gradescent migrate"
            )

    def schema(self) -> str | None:
        """Return the revision of the schema, `None` where there is none yet."""
        with self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def close(self) -> None:
        self.engine.dispose()


@cache
def newest_schema() -> str:
    """Return the revision of the schema that this version of Gradescent needs."""
    newest = ScriptDirectory.from_config(_alembic()).get_current_head()
    assert newest is not None, "there are migrations"
    return newest


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


def _alembic() -> Config:
    config = Config()
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
