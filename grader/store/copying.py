"""All tables as plain data, out of one database and into another: of whatever kind, and of an older schema.

Rows go by the columns that the database itself tells, not by those of the code, so that an older schema's fit.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    case,
    cast,
    delete,
    func,
    null,
    select,
)
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_of
from sqlalchemy.dialects.postgresql import REGCLASS

from grader.domain.verdict import JobStatus
from grader.store import course_tables, grade_tables
from grader.store.columns import Base
from grader.store.tables import GradingJob

assert {course_tables, grade_tables}, "what is imported here has put its tables into the metadata"

LEFT_OUT = ("alembic_version", "workers")
"""The schema's revision, which is told apart, and the workers that were there at that moment."""

_MADE_BY_THEMSELVES = ("courses", "exercises")
"""What an installation holds before anybody has been added to it: its course, and what workers say of their suites."""

_BATCH = 500


def tables_of(connection: Connection) -> list[Table]:
    """Return the tables that are copied, those that are referred to before those that refer to them."""
    known = MetaData()
    known.reflect(connection, only=lambda name, _: name in Base.metadata.tables and name not in LEFT_OUT)
    return known.sorted_tables


def kinds_of(table: Table) -> dict[str, str]:
    """Return how the values of each column become JSON: as they are, as `bytes`, as a `time`."""
    return {column.name: _kind_of(column) for column in table.columns}


def rows_out(connection: Connection, table: Table) -> Iterator[list[Any]]:
    """Yield each row as a list that JSON can hold, in the order of the primary key."""
    kinds = list(kinds_of(table).values())
    query = select(table).order_by(*table.primary_key.columns)
    for row in connection.execute(query, execution_options={"yield_per": _BATCH}):
        yield [_plain(value, kind) for value, kind in zip(row, kinds, strict=True)]


def rows_in(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Store rows, whose values are those of these columns. Raises `ValueError` for a value that is none.

    A row that refers to a later one of the same table gets its reference at the end.
    """
    kinds = kinds_of(table)
    remaining = iter(rows)
    forward = _ForwardReferences(table)
    while batch := list(islice(remaining, _BATCH)):
        values = [
            {name: _stored(value, kinds[name], table.columns[name]) for name, value in zip(columns, row, strict=True)}
            for row in batch
        ]
        for row in values:
            forward.put_off(row)
        connection.execute(insert_into(table), values)
    forward.write(connection)


class _ForwardReferences:
    """References of a table's rows to rows of the same table that come later."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._columns = {
            column.name: key.column.name
            for column in table.columns
            for key in column.foreign_keys
            if key.column.table is table and column.nullable
        }
        self._stored: set[tuple[str, Any]] = set()
        self._put_off: list[tuple[dict[str, Any], str, Any]] = []

    def put_off(self, row: dict[str, Any]) -> None:
        """Take out of a row, which is about to be stored, what refers to a row that is not."""
        self._stored.update((name, row[name]) for name in self._columns.values())
        for name, referred in self._columns.items():
            if row[name] is not None and (referred, row[name]) not in self._stored:
                self._put_off.append((row, name, row[name]))
                row[name] = None

    def write(self, connection: Connection) -> None:
        """Write the references that were put off."""
        for row, name, value in self._put_off:
            key = [column == row[column.name] for column in self._table.primary_key.columns]
            connection.execute(update_of(self._table).where(*key).values({name: value}))


def count_rows(connection: Connection) -> dict[str, int]:
    """Return how many rows each table holds that has any, but for what is there from the start."""
    counts = {table.name: _count(connection, table) for table in tables_of(connection)}
    return {name: count for name, count in counts.items() if count and name not in _MADE_BY_THEMSELVES}


def empty_tables(connection: Connection) -> None:
    """Take out what the migrations have put into tables that are to be filled."""
    for table in reversed(tables_of(connection)):
        connection.execute(delete(table))


def drop_tables(connection: Connection) -> None:
    """Drop every table of Gradescent, and what tells the revision of its schema."""
    known = MetaData()
    known.reflect(connection, only=lambda name, _: name in Base.metadata.tables or name in LEFT_OUT)
    known.drop_all(connection)


def settle(connection: Connection) -> None:
    """After rows were stored in the newest schema: new rows get numbers of their own, and jobs wait again.

    Nobody grades the jobs that were being graded, and no broker has a message about those that waited.
    """
    if connection.dialect.name == "postgresql":
        for table in tables_of(connection):
            for column in [one for one in table.primary_key.columns if isinstance(one.type, Integer)]:
                sequence = cast(func.pg_get_serial_sequence(table.name, column.name), REGCLASS)
                connection.execute(select(func.setval(sequence, select(func.max(column)).scalar_subquery())))
    connection.execute(
        update_of(GradingJob)
        .where(GradingJob.status == JobStatus.RUNNING)
        .values(
            status=JobStatus.QUEUED,
            token=None,
            leased_until=None,
            tries=case((GradingJob.tries > 0, GradingJob.tries - 1), else_=0),
        )
    )
    connection.execute(update_of(GradingJob).where(GradingJob.status == JobStatus.QUEUED).values(sent_at=None))


def count_workers(connection: Connection, *, since: datetime) -> int:
    """Return how many workers were seen after this moment, whatever the schema."""
    known = MetaData()
    known.reflect(connection, only=lambda name, _: name == "workers")
    if "workers" not in known.tables:
        return 0
    seen_at = known.tables["workers"].columns["seen_at"]
    moment = since if connection.dialect.name == "postgresql" else since.astimezone(UTC).replace(tzinfo=None)
    return connection.scalar(select(func.count()).where(seen_at > moment)) or 0


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0


def _kind_of(column: Column[Any]) -> str:
    if isinstance(column.type, LargeBinary):
        return "bytes"
    return "time" if isinstance(column.type, DateTime) else "plain"


def _plain(value: Any, kind: str) -> Any:
    if value is None or kind == "plain":
        return value
    if kind == "bytes":
        return b64encode(value).decode()
    moment: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat()


def _stored(value: Any, kind: str, column: Column[Any]) -> Any:
    if value is None:
        # In a column of JSON, None would be stored as a JSON null.
        return null() if isinstance(column.type, JSON) and column.nullable else None
    if kind == "plain":
        return value
    return b64decode(str(value), validate=True) if kind == "bytes" else datetime.fromisoformat(str(value))
