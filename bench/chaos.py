"""A deadline night: submissions are graded while workers are killed, the broker forgets everything, the database
restarts and one worker's clock is wrong.

    .venv/bin/python bench/chaos.py [--on embedded redis rabbitmq] [--submissions 300] [--no-chaos]

Real workers with the real sandbox grade the exercise `adam12`, on SQLite with the embedded broker and on PostgreSQL
with Redis and with RabbitMQ; the servers are started for the run and end with it. Ends with code 1 unless every
submission was graded exactly once and got what it deserves.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from measure import Subject, machine, table
from sqlalchemy import func, select, text

from grader.domain.submission import SourceFile
from grader.domain.verdict import UNFINISHED, JobStatus
from grader.queue import JobQueue
from grader.store.database import Database
from grader.store.grade_tables import Grade
from grader.store.submissions import submit
from grader.store.tables import CheckRow, GradingJob, Role, User
from tests.servers import Postgres, RabbitMq, Redis, Server

EXERCISE = "adam12"
LEASE_SECONDS = 5.0
WORKERS = 3
CLOCK_IS_OFF = 600
"""Seconds by which the clock of one worker is ahead of all others."""
LIMIT_SECONDS = 900.0
SEED = 20261129
SUBJECT = Subject.named(EXERCISE, "auto")
RIGHT = SUBJECT.reference
WRONG = SUBJECT.changed("def adam_step(param, grad, exp_avg, exp_avg_sq, step, **settings):\n    return param\n")

ON = ("embedded", "redis", "rabbitmq")

SKEWED = f"""
import datetime, sys

class Ahead(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(seconds={CLOCK_IS_OFF})

datetime.datetime = Ahead
from grader.settings import read_settings
from grader.worker import run_worker
sys.exit(run_worker(read_settings()))
"""


@dataclass
class Run:
    """What one run showed."""

    on: str
    submissions: int
    seconds: float = 0.0
    disturbances: list[tuple[float, str]] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)
    """When each submission was graded, in seconds from the start, in order."""
    tries: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def recoveries(self) -> list[float]:
        """Return for each disturbance after how many seconds the next submission was graded."""
        return [next((end - at for end in self.finished if end > at), 0.0) for at, _ in self.disturbances]


class Night:
    """An installation under attack."""

    def __init__(self, folder: Path, on: str, submissions: int) -> None:
        self.run = Run(on, submissions)
        self.folder, self.log = folder, folder / "workers.log"
        self.draw = random.Random(SEED)
        self.servers: list[Server] = []
        self.database_server: Server | None = None
        self.broker: Server | None = None
        settings = replace(SUBJECT.settings, data_dir=folder, lease_seconds=LEASE_SECONDS, reuse_results=False)
        if on != "embedded":
            postgres = Postgres()
            self.database_server = postgres.start()
            self.broker = (Redis() if on == "redis" else RabbitMq()).start()
            self.servers = [postgres, self.broker]
            settings = replace(settings, database_url=postgres.new_database(), broker_url=self.broker.url)
        self.settings = settings
        self.database = Database(settings.resolved_database_url())
        self.database.migrate()
        self.queue = JobQueue(settings, self.database)
        self.workers: list[subprocess.Popen[bytes]] = []

    def start_worker(self, *, ahead: bool = False) -> None:
        """Start a worker, with a clock that is ahead if so wished."""
        settings = self.settings
        environment = os.environ | {
            "GRADESCENT_DATA_DIR": str(settings.data_dir),
            "GRADESCENT_EXERCISES_DIR": str(settings.exercises_dir),
            "GRADESCENT_SUITES_DIR": str(settings.suites_dir),
            "GRADESCENT_DATABASE_URL": settings.database_url,
            "GRADESCENT_BROKER_URL": settings.broker_url,
            "GRADESCENT_LEASE_SECONDS": str(LEASE_SECONDS),
            "GRADESCENT_REUSE_RESULTS": "false",
            "GRADESCENT_CONCURRENCY": "2",
        }
        command = ["-c", SKEWED] if ahead else ["-m", "grader.cli", "worker"]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *command], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.workers.append(process)

    def hand_in(self) -> list[int]:
        """Hand in everything at once, by sixty students; return the jobs."""
        with self.database.transaction() as session:
            now = datetime.now(UTC)
            students = [
                User(username=f"s{n}", display_name=f"S {n}", role=Role.STUDENT, password_hash="", created_at=now)
                for n in range(min(60, self.run.submissions))
            ]
            session.add_all(students)
        ids = []
        for number in range(self.run.submissions):
            content = (WRONG if number % 3 == 2 else RIGHT) + f"# {number}\n".encode()
            with self.database.transaction() as session:
                files = [SourceFile(f"{EXERCISE}.py", content)]
                student = students[number % len(students)]
                ids.append(submit(session, student, EXERCISE, files, seed=number, now=datetime.now(UTC)).id)
            self.queue.send_job(ids[-1])
        return ids

    # What goes wrong

    def kill_a_worker(self) -> None:
        alive = [worker for worker in self.workers if worker.poll() is None]
        victim = self.draw.choice(alive)
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.start_worker()

    def empty_the_broker(self) -> None:
        if self.broker is None:
            for path in self.folder.glob("broker.sqlite3"):
                with contextlib.closing(sqlite3.connect(path, timeout=10)) as file:
                    file.execute("DELETE FROM messages")
                    file.commit()
            return
        self.broker.stop(signal.SIGKILL)
        if isinstance(self.broker, RabbitMq):
            self.broker.forget()
        self.broker.start()

    def restart_the_database(self) -> None:
        if self.database_server is None:  # as if an operator's tool held it: nobody can write meanwhile
            with self.database.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
                time.sleep(3)
            return
        self.database_server.stop(signal.SIGQUIT)  # at once, as after a power cut: it recovers from its log
        time.sleep(1)
        self.database_server.start()

    def disturb(self, what: Callable[[], None], words: str, started: float) -> None:
        self.run.disturbances.append((time.monotonic() - started, words))
        what()

    # What is looked at

    def left(self, ids: list[int]) -> int:
        with self.database.reading() as session:
            unfinished = select(func.count()).where(GradingJob.id.in_(ids), GradingJob.status.in_(UNFINISHED))
            return session.scalar(unfinished) or 0

    def look(self, ids: list[int], started_at: datetime) -> None:
        """Hold what is stored against what it should be."""
        run = self.run
        with self.database.reading() as session:
            jobs = session.scalars(select(GradingJob).where(GradingJob.id.in_(ids)).order_by(GradingJob.id)).all()
            extra = session.scalar(select(func.count()).where(GradingJob.id.not_in(ids)))
            checks = Counter(session.scalars(select(CheckRow.job_id)))
            grades = session.scalar(select(func.count()).select_from(Grade))
        for number, job in enumerate(jobs):
            is_right = number % 3 != 2
            if job.status is not JobStatus.GRADED or job.token is not None:
                run.faults.append(f"job {job.id} is {job.status}: {job.diagnostics[-300:]}")
            elif (job.points == job.max_points) is not is_right:
                run.faults.append(f"job {job.id} has {job.points} points")
            elif checks[job.id] != 12:
                run.faults.append(f"job {job.id} has {checks[job.id]} checks")
        if extra:
            run.faults.append(f"there are {extra} jobs that nobody asked for")
        if grades != min(60, run.submissions):
            run.faults.append(f"there are {grades} grades")
        run.tries = Counter(job.tries for job in jobs)
        ends = [job.finished_at for job in jobs if job.finished_at is not None]
        run.finished = sorted((end - started_at).total_seconds() for end in ends)

    def close(self) -> None:
        for worker in self.workers:
            worker.terminate()
        for worker in self.workers:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(60)
            worker.kill()
        self.queue.close()
        self.database.close()
        for server in self.servers:
            server.close()


@contextlib.contextmanager
def night(on: str, submissions: int) -> Iterator[Night]:
    """An installation in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="gradescent-chaos-") as folder:
        made = Night(Path(folder), on, submissions)
        try:
            yield made
        finally:
            made.close()


def disturbances(found: Night) -> list[tuple[Callable[[], None], str]]:
    """Return what goes wrong in a run, in its order."""
    kill = (found.kill_a_worker, "a worker is killed")
    return [
        kill,
        (found.empty_the_broker, "the broker restarts empty"),
        kill,
        (found.restart_the_database, "the database restarts"),
        kill,
        kill,
    ]


def chaos(on: str, submissions: int, *, disturbed: bool = True, every: float = 5.0) -> Run:
    """Hand in, grade and disturb; return what came of it."""
    with night(on, submissions) as found:
        for number in range(WORKERS):
            # One machine has one clock: on the embedded database no worker can have another.
            found.start_worker(ahead=disturbed and on != "embedded" and number == 0)
        time.sleep(6)  # the warm processes start
        started, started_at = time.monotonic(), datetime.now(UTC)
        ids = found.hand_in()
        coming = disturbances(found) if disturbed else []
        next_at = time.monotonic() + every / 2
        while found.left(ids):
            if time.monotonic() - started > LIMIT_SECONDS:
                found.run.faults.append(f"after {LIMIT_SECONDS:g} s {found.left(ids)} submissions are not graded")
                break
            if coming and time.monotonic() > next_at:
                found.disturb(*coming.pop(0), started)
                next_at = time.monotonic() + every
            time.sleep(0.2)
        found.run.seconds = time.monotonic() - started
        found.look(ids, started_at)
        return found.run


def main() -> None:
    """Run all of it and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--on", nargs="*", choices=ON, default=ON)
    parser.add_argument("--submissions", type=int, default=300)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two disturbances")
    parser.add_argument("--no-chaos", action="store_true", help="the same without disturbances")
    options = parser.parse_args()
    rows, faults = [], []
    for on in options.on:
        run = chaos(on, options.submissions, disturbed=not options.no_chaos, every=options.every)
        recoveries = run.recoveries()
        gaps = [after - before for before, after in zip(run.finished, run.finished[1:], strict=False)]
        tries = ", ".join(f"{count} at try {number}" for number, count in sorted(run.tries.items()))
        rows.append(
            [
                on,
                f"{run.seconds:.0f}",
                str(len(run.disturbances)),
                tries,
                f"{max(gaps, default=0):.1f}",
                f"{median(recoveries):.1f} / {max(recoveries):.1f}" if recoveries else "",
            ]
        )
        faults += [f"{on}: {fault}" for fault in run.faults]
        for at, words in run.disturbances:
            print(f"{on}: {at:5.1f} s {words}")
    print(f"\n{options.submissions} submissions, {WORKERS} workers, leases of {LEASE_SECONDS:g} s. {machine('auto')}\n")
    heads = ["on", "seconds", "disturbances", "graded", "longest pause, s", "next grade after, s: median / longest"]
    print(table(heads, rows))
    print("", *(faults or ["Every submission was graded exactly once and got what it deserves."]), sep="\n")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
