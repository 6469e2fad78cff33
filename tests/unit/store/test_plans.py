"""The hot queries read the large tables by an index, on both kinds of database."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from grader.domain.queues import Queue
from grader.domain.submission import SourceFile
from grader.store import jobs, standing, waiting
from grader.store.database import Database
from grader.store.gradebook import gradebook, students
from grader.store.jobs import Claim
from grader.store.reuse import known_report
from grader.store.submissions import history, recent, submission_by_id, submit
from grader.store.tables import User

LARGE = "submissions|submission_files|grading_jobs|check_results|grades|comparison_details"
LEASE = timedelta(seconds=15)

Ask = Callable[[Session, User, datetime], Any]


def hand_in(session: Session, user: User, now: datetime) -> Any:
    return submit(session, user, "adaptive", [SourceFile("adaptive.py", b"x")], seed=1, now=now)


HOT: dict[str, Ask] = {
    "hand in": hand_in,
    "the same request": lambda session, user, now: standing.same_request(
        session, user, "adaptive", [SourceFile("adaptive.py", b"x")], "k" * 16, now=now
    ),
    "attempts that count": lambda session, user, _: standing.counted_attempts(session, user, "adaptive"),
    "take the next job": lambda session, _, now: jobs.claim_next(session, [Queue.CPU], now=now, lease=LEASE),
    "is anything waiting": lambda session, *_: jobs.is_waiting(session, Queue.CPU),
    "sweep": lambda session, _, now: jobs.sweep(session, now=now, resend_after=LEASE),
    "a known result": lambda session, *_: known_report(session, Claim(1, "t"), "v", "e"),
    "a submission": lambda session, *_: submission_by_id(session, 1),
    "an exercise's attempts": lambda session, user, _: history(session, user, "adaptive"),
    "a student's exercises": lambda session, user, _: standing.standings(session, user),
    "the newest of all": lambda session, *_: recent(session, limit=50),
    "a page of the gradebook": lambda session, *_: gradebook(session, students(session, limit=100)),
    "progress": lambda session, *_: standing.progress(session, [1]),
    "the line": lambda session, _, now: waiting.places(session, now=now, seen_since=now),
}


@pytest.mark.parametrize("name", HOT)
def test_no_large_table_is_read_from_beginning_to_end(
    database: Database, student: User, now: datetime, name: str
) -> None:
    with database.transaction() as session:
        hand_in(session, student, now)
    sent: list[tuple[str, Any]] = []

    def hear(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        sent.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", hear)
    with database.transaction() as session:
        HOT[name](session, student, now + timedelta(minutes=1))
    event.remove(database.engine, "before_cursor_execute", hear)
    assert sent
    with database.engine.connect() as connection:
        for statement, parameters in sent:
            if statement.lstrip().startswith(("SELECT", "UPDATE", "DELETE")):
                plan = explained(connection, statement, parameters)
                if re.search(r"ORDER BY \w+\.id DESC\s+LIMIT", statement) and "TEMP B-TREE" not in plan:
                    continue  # SQLite reads the newest from the end, which it calls a scan
                assert not re.search(rf"Seq Scan on ({LARGE})\b|SCAN ({LARGE})( \w+)?$", plan, re.M), plan


def explained(connection: Any, statement: str, parameters: Any) -> str:
    """Return the plan. PostgreSQL reads tables of one row as a whole unless it is told that this is dear."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "\n".join(row[3] for row in rows)
    connection.exec_driver_sql("SET enable_seqscan = off")
    return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters))
