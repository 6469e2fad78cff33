"""What open pages cost the portal: 200 streams on one process, beside the same with a poll per stream as it was before.

    python bench/live.py [--only now|before]

For 0, 50 and 200 open pages of submissions that wait in one long line: the CPU seconds that the portal's process takes
per second while nothing moves and while a worker writes 20 steps a second (every one of which moves the places of all
that wait), the time from such a commit until its page has the event, and how long an ordinary page takes meanwhile.
A real portal process and a real SQLite file; this process opens the streams and writes the steps. About a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict, deque
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from measure import BENCH, table
from sqlalchemy import update

from grader.domain.check import CheckResult, Visibility
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus, Verdict
from grader.settings import REPOSITORY, Settings
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.jobs import claim, finish, record_checks
from grader.store.submissions import submit
from grader.store.tables import GradingJob, Role, User
from grader.store.workers import worker_seen
from webapp.access import Visitor
from webapp.app import create_app

LOADS = (0, 50, 200)
USERS = 25
"""Each has eight pages open; the portal lets one person have twenty streams."""
STILL_SECONDS, MOVING_SECONDS = 2.0, 3.5
STEPS_PER_SECOND = 20
AT_A_TIME = 8
"""Jobs that the worker does at the same time, so that the steps of one lie well apart."""
CHECKS = 6
LEASE = timedelta(minutes=10)
PORTALS = {"now": ["-m", "webapp"], "before": [str(BENCH / "live_before.py")]}
SOURCE = b"import torch\n\n\n" + b"def adam_step(param, grad, state):\n    return param - 0.1 * grad\n\n\n" * 20

_TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=PORTALS, help="one of the two portals")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        school = School(Path(folder))
        for name in [options.only] if options.only else PORTALS:
            with school.serving(PORTALS[name]) as (port, pid):
                for load in LOADS:
                    school.hand_in(max(load, LOADS[1]))
                    rows.append([name, str(load), *asyncio.run(_measured(school, port, pid, load)).cells()])
        school.close()
    head = ["portal", "pages", "CPU still", "CPU moving", "event after (median, p95)", "a page (median, p95)"]
    print(table(head, rows))


@dataclass
class Seen:
    """What was measured with one load."""

    still: float = 0.0
    moving: float = 0.0
    delays: list[float] = field(default_factory=list)
    pages: list[float] = field(default_factory=list)
    missed: int = 0
    """Steps whose page had heard nothing of them when the measurement ended, half a second after the last."""

    def cells(self) -> list[str]:
        missed = f", {self.missed} never" if self.missed else ""
        return [f"{self.still:.1%}", f"{self.moving:.1%}", _spread(self.delays) + missed, _spread(self.pages)]


def _spread(seconds: list[float]) -> str:
    if len(seconds) < 2:
        return "–"
    return f"{median(seconds) * 1000:.0f} ms, {quantiles(seconds, n=20)[-1] * 1000:.0f} ms"


async def _measured(school: School, port: int, pid: int, load: int) -> Seen:
    seen, pages = Seen(), Pages(port, school)
    shown = list(school.jobs)[:load]
    streams = [asyncio.create_task(pages.follow(number)) for number in shown]
    await pages.all_have_begun(load)
    began = _cpu(pid)
    await asyncio.sleep(STILL_SECONDS)
    seen.still = (_cpu(pid) - began) / STILL_SECONDS
    stop = asyncio.Event()
    visits = asyncio.create_task(pages.visit(stop, seen.pages))
    began, start = _cpu(pid), time.perf_counter()
    await asyncio.to_thread(school.grade_for, MOVING_SECONDS, pages.commits)
    await asyncio.sleep(0.5)
    seen.moving = (_cpu(pid) - began) / (time.perf_counter() - start)
    stop.set()
    await visits
    seen.delays = pages.delays
    seen.missed = sum(len(pages.commits[number]) for number in shown)
    for stream in streams:
        stream.cancel()
    await asyncio.gather(*streams, return_exceptions=True)
    return seen


class School:
    """A data folder with people and a long line of submissions, and what a worker does with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        settings = Settings(data_dir=folder)
        self._database = Database(settings.resolved_database_url())
        self._database.migrate()
        moment = datetime.now(UTC)
        with self._database.transaction() as session:
            first = create_user(session, "u0", "U0", Role.STUDENT, "pw", moment)
            fields = {"role": first.role, "password_hash": first.password_hash, "created_at": moment}
            others = [User(username=f"u{n}", display_name=f"U{n}", **fields) for n in range(1, USERS)]
            session.add_all(others)
            self._users = [first, *others]
            worker_seen(session, "bench", ["cpu"], threads={"cpu": AT_A_TIME}, now=moment + LEASE)
        self.jobs: dict[int, int] = {}
        """Those that wait, by their submissions."""
        self._owner: dict[int, int] = {}
        app = create_app(settings, send=lambda _: None)
        self._cookies = []
        for user in self._users:
            client = app.test_client()
            with client.session_transaction() as session:
                session.update({"_user_id": Visitor(user).get_id(), "_fresh": True})
            cookie = client.get_cookie("gradescent")
            assert cookie is not None
            self._cookies.append(f"gradescent={cookie.value}")

    def hand_in(self, count: int) -> None:
        """Store a new line of submissions; what is left of the one before has failed."""
        moment = datetime.now(UTC)
        with self._database.transaction() as session:
            session.execute(update(GradingJob).values(status=JobStatus.FAILED, finished_at=moment))
            stored = [
                submit(session, user, "adaptive", [SourceFile("adaptive.py", SOURCE)], seed=1, now=moment)
                for user in self._users * (count // USERS)
            ]
            self.jobs = {job.submission_id: job.id for job in stored if job.submission_id}
        self._owner = {number: place % USERS for place, number in enumerate(self.jobs)}

    def close(self) -> None:
        self._database.close()

    def cookie(self, submission_id: int) -> str:
        return self._cookies[self._owner[submission_id]]

    @contextmanager
    def serving(self, command):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GRADESCENT_")}
        environment |= {"GRADESCENT_DATA_DIR": str(self._folder), "GRADESCENT_PORT": str(port)}
        environment["PYTHONPATH"] = str(REPOSITORY)
        process = subprocess.Popen([sys.executable, *command], env=environment)
        try:
            deadline = time.monotonic() + 30
            while not _listens(port):
                assert time.monotonic() < deadline and process.poll() is None, "the portal did not start"
                time.sleep(0.05)
            yield port, process.pid
        finally:
            process.terminate()
            process.wait()

    def grade_for(self, seconds: float, commits: dict[int, deque[float]]) -> None:
        """Write the steps of some jobs at a time, evenly, and note when each was committed."""
        began, steps = time.perf_counter(), 0
        line = deque(self.jobs.items())
        active = deque((number, self._steps(job_id)) for number, job_id in _taken(line, AT_A_TIME))
        while time.perf_counter() - began < seconds and active:
            number, rest = active.popleft()
            if next(rest, None) is None:
                active.extend((number, self._steps(job_id)) for number, job_id in _taken(line, 1))
                continue
            commits[number].append(time.perf_counter())
            active.append((number, rest))
            steps += 1
            time.sleep(max(0.0, began + steps / STEPS_PER_SECOND - time.perf_counter()))

    def _steps(self, job_id: int):
        with self._database.transaction() as session:
            taken = claim(session, job_id, now=datetime.now(UTC), lease=LEASE)
        assert taken is not None
        yield "claimed"
        checks = tuple(
            CheckResult(
                name=f"adam-check-{number}",
                task="3.3",
                verdict=Verdict.ACCEPTED,
                points=1,
                max_points=1,
                visibility=Visibility.VISIBLE,
            )
            for number in range(CHECKS)
        )
        for check in checks:
            with self._database.transaction() as session:
                record_checks(session, taken, [check], now=datetime.now(UTC), lease=LEASE)
            yield "checked"
        report = Report(exercise="adaptive", checks=checks, tier="t", seed=1, suite_version="v", seconds=1.0)
        with self._database.transaction() as session:
            finish(session, taken, report, now=datetime.now(UTC))
        yield "graded"


def _taken(line: deque[tuple[int, int]], count: int) -> list[tuple[int, int]]:
    return [line.popleft() for _ in range(min(count, len(line)))]


class Pages:
    """Open pages: one connection for each, and somebody who walks about meanwhile."""

    def __init__(self, port: int, school: School) -> None:
        self._port, self._school = port, school
        self._begun: set[int] = set()
        self.commits: dict[int, deque[float]] = defaultdict(deque)
        self.delays: list[float] = []

    async def follow(self, number: int) -> None:
        reader, writer = await self._ask(f"/submissions/{number}/events", number)
        try:
            while line := await reader.readline():
                if re.fullmatch(rb"event: (check|done)\r?\n", line):
                    self._begun.add(number)
                    arrived = time.perf_counter()
                    while self.commits[number]:
                        self.delays.append(arrived - self.commits[number].popleft())
        finally:
            writer.close()

    async def all_have_begun(self, load: int) -> None:
        async with asyncio.timeout(30):
            while len(self._begun) < load:
                await asyncio.sleep(0.05)

    async def visit(self, stop: asyncio.Event, took: list[float]) -> None:
        number = list(self._school.jobs)[-1]
        while not stop.is_set():
            began = time.perf_counter()
            reader, writer = await self._ask(f"/submissions/{number}", number)
            assert b"200" in await reader.readline()
            await reader.read()
            took.append(time.perf_counter() - began)
            writer.close()
            await asyncio.sleep(0.1)

    async def _ask(self, path: str, number: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=2**20)
        cookie = self._school.cookie(number)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode())
        return reader, writer


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


if __name__ == "__main__":
    main()
