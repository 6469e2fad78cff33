"""What pages and queue cost when a million submissions are stored: PostgreSQL, 2,000 students, generated rows.

    .venv/bin/python bench/scale.py [--submissions 1000000] [--rounds 30]

Starts a PostgreSQL of its own, fills it, and asks a real portal in this process for the student's pages and the
gradebook, and has it take submissions. Every statement that these send is explained: none may read one of the large
tables as a whole. Ends with code 1 where one does, or where a median is above 100 ms.
"""

from __future__ import annotations

import argparse
import logging
import re
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from measure import machine, table
from sqlalchemy import event, text

from grader.domain.queues import Queue
from grader.settings import Settings
from grader.store import jobs
from grader.store.accounts import create_user
from grader.store.clock import database_now
from grader.store.database import Database
from grader.store.tables import Role
from tests.servers import Postgres
from webapp.app import create_app

STUDENTS = 2000
EXERCISES = [
    "gradient_descent",
    "momentum",
    "adaptive",
    "initializers",
    "batchnorm",
    "dropout",
    "schedules",
    "capstone",
    "beyond_gradients",
]
LARGE = ("submissions", "submission_files", "grading_jobs", "check_results")
LIMIT_MS = 100.0
PASSWORD = "for-the-bench"


def fill(database: Database, submissions: int) -> None:
    """Store students and their graded submissions, half of them with a comparison, and a queue of 500 that wait."""
    rows = {
        "students": "INSERT INTO users (username, display_name, role, password_hash, created_at)"
        " SELECT 's' || n, 'Student ' || lpad(n::text, 4, '0'), 'student', '', now()"
        f" FROM generate_series(1, {STUDENTS}) n",
        "enrolments": "INSERT INTO enrolments (course_id, user_id, role, enrolled_at)"
        " SELECT 1, id, 'student', now() FROM users WHERE username LIKE 's%'",
        "submissions": "INSERT INTO submissions (user_id, exercise, attempt_no, content_hash, created_at)"
        " SELECT u.id, e.slug, a.n, md5(random()::text), now() - random() * interval '120 days'"
        " FROM users u, unnest(CAST(:slugs AS text[])) e(slug), generate_series(1, :attempts) a(n)"
        " WHERE u.username LIKE 's%'",
        "files": "INSERT INTO submission_files (submission_id, name, content)"
        " SELECT id, exercise || '.py', decode(repeat('23', 200), 'hex') FROM submissions",
        "jobs": "INSERT INTO grading_jobs (submission_id, stage, queue, order_at, status, seed, tries, created_at,"
        " started_at, finished_at, verdict, points, max_points, message, misconceptions, suite_version, diagnostics)"
        " SELECT id, 'checks', 'cpu', created_at, 'graded', 1, 1, created_at, created_at,"
        " created_at + interval '1 second', 'wrong_answer', floor(random() * 100), 100, '', '[]', 'v', ''"
        " FROM submissions",
        "comparisons": "INSERT INTO grading_jobs (submission_id, stage, checks_job_id, queue, order_at, status, seed,"
        " tries, created_at, started_at, finished_at, verdict, points, max_points, message, misconceptions,"
        " suite_version, diagnostics)"
        " SELECT submission_id, 'comparison', id, 'comparison', created_at, 'graded', 1, 1, created_at, created_at,"
        " created_at, 'accepted', 25, 25, '', '[]', 'v', '' FROM grading_jobs WHERE id % 2 = 0 AND stage = 'checks'",
        "checks": "INSERT INTO check_results (job_id, name, task, verdict, points, max_points, visibility, message,"
        " hint, fault) SELECT id, 'c' || n, '1', 'accepted', 1, 1, 'hidden', '', '', ''"
        " FROM grading_jobs, generate_series(1, 2) n",
        "waiting": "UPDATE grading_jobs SET status = 'queued', verdict = NULL, finished_at = NULL, order_at = now()"
        " WHERE id IN (SELECT max(id) FROM grading_jobs WHERE stage = 'checks' AND checks_job_id IS NULL"
        " GROUP BY submission_id ORDER BY 1 DESC LIMIT 500)",
        "grades": "INSERT INTO grades (user_id, exercise, kind, points, is_provisional, recorded_at)"
        " SELECT s.user_id, s.exercise, 'exercise', max(j.points), FALSE, now() FROM submissions s"
        " JOIN grading_jobs j ON j.submission_id = s.id AND j.status = 'graded' AND j.stage = 'checks'"
        " GROUP BY s.user_id, s.exercise",
    }
    attempts = -(-submissions // (STUDENTS * len(EXERCISES)))
    for name, statement in rows.items():
        started = time.monotonic()
        with database.engine.begin() as connection:
            given = {"slugs": EXERCISES, "attempts": attempts} if name == "submissions" else {}
            count = connection.execute(text(statement), given).rowcount
        print(f"{count:>9,} {name}, {time.monotonic() - started:.0f} s", flush=True)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


class Listener:
    """Keeps the statements that are sent, with what they are sent with, each once."""

    def __init__(self, database: Database) -> None:
        self.sent: dict[str, Any] = {}
        event.listen(database.engine, "before_cursor_execute", self._hear)

    def _hear(self, _c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
            self.sent.setdefault(statement, parameters)


def whole_reads(database: Database, sent: dict[str, Any]) -> list[str]:
    """Explain statements; return those plans that read a large table from its beginning to its end."""
    found = []
    with database.engine.connect() as connection:
        for statement, parameters in sent.items():
            plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters))
            if re.search(rf"Seq Scan on ({'|'.join(LARGE)})\b", plan):
                found.append(f"{statement}\n{plan}")
    return found


class Visitors:
    """A portal in this process, a student and an instructor who have logged in."""

    def __init__(self, settings: Settings, database: Database) -> None:
        with database.transaction() as session:
            for name, role in (("iris", Role.INSTRUCTOR), ("ada", Role.STUDENT)):
                create_user(session, name, name.title(), role, PASSWORD, datetime.now(UTC))
            session.execute(text(_AS_OTHERS_HAVE))
        self.app = create_app(settings)
        self.app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        self.database: Database = self.app.extensions["gradescent"].database
        self._lease = timedelta(seconds=settings.lease_seconds)
        self._clients = {name: self.app.test_client() for name in ("ada", "iris")}
        for name, client in self._clients.items():
            assert client.post("/log-in", data={"username": name, "password": PASSWORD}).status_code == 302
        with database.reading() as session:
            self._newest = session.scalar(text(_NEWEST))

    def asked(self) -> dict[str, Callable[[int], None]]:
        """Return what is measured, by its name."""
        return {
            "a student's exercises": self._page("ada", "/"),
            "a student's submission": self._page("ada", f"/submissions/{self._newest}"),
            "an exercise with all attempts": self._page("ada", "/exercises/adaptive"),
            "handing in, with the message to the broker": self._hand_in,
            "a worker takes the next job": self._take,
            "the gradebook, a page of 100": self._page("iris", "/staff/gradebook"),
            "the newest submissions of all": self._page("iris", "/staff/submissions"),
        }

    def close(self) -> None:
        self.app.extensions["gradescent"].watcher.close()
        self.database.close()

    def _page(self, name: str, path: str) -> Callable[[int], None]:
        def visit(_: int) -> None:
            assert self._clients[name].get(path).status_code == 200

        return visit

    def _hand_in(self, number: int) -> None:
        code = f"# {number}\nimport torch\n"
        assert self._clients["ada"].post("/exercises/momentum/submit", data={"code": code}).status_code == 302

    def _take(self, _: int) -> None:
        with self.database.transaction() as session:
            now = database_now(session)
            claim = jobs.claim_next(session, [Queue.CPU], now=now, lease=self._lease)
            assert claim is not None
            jobs.give_back(session, claim)


_AS_OTHERS_HAVE = (
    "UPDATE submissions SET user_id = (SELECT id FROM users WHERE username = 'ada')"
    " WHERE user_id = (SELECT id FROM users WHERE username = 's1')"
)
_NEWEST = (
    "SELECT max(id) FROM submissions WHERE exercise = 'adaptive'"
    " AND user_id = (SELECT id FROM users WHERE username = 'ada')"
)


def measured(visitors: Visitors, rounds: int) -> tuple[list[list[str]], list[str]]:
    """Return a row of the table for everything that is asked for, and what is not as it should be."""
    rows, faults = [], []
    for name, ask in visitors.asked().items():
        ask(-1)  # the first one compiles templates and statements
        listener = Listener(visitors.database)
        times = []
        for number in range(rounds):
            started = time.perf_counter()
            ask(number)
            times.append((time.perf_counter() - started) * 1000)
        reads = whole_reads(visitors.database, listener.sent)
        faults += [f"{name} reads a large table as a whole:\n{plan}" for plan in reads]
        if median(times) > LIMIT_MS:
            faults.append(f"{name}: {median(times):.0f} ms")
        rows.append([name, f"{median(times):.0f}", f"{quantiles(times, n=20)[-1]:.0f}", "no" if reads else "yes"])
    return rows, faults


def main() -> None:
    """Fill, measure, explain, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--submissions", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    with Postgres() as server, tempfile.TemporaryDirectory() as folder:
        assert isinstance(server, Postgres)
        settings = Settings(data_dir=Path(folder), database_url=server.new_database())
        database = Database(settings.database_url)
        database.migrate()
        fill(database, options.submissions)
        visitors = Visitors(settings, database)
        rows, faults = measured(visitors, options.rounds)
        visitors.close()
        database.close()
    print(f"\nMedians of {options.rounds} requests, in process. {machine('none')}\n")
    print(table(["asked for", "median, ms", "95th percentile, ms", "large tables by index only"], rows))
    print("", *(faults or ["Every median is below 100 ms, and no plan reads a large table as a whole."]), sep="\n")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
