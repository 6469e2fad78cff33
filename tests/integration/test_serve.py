"""`gradescent serve` as a new user runs it: one command, a graded demo course, nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from sqlalchemy import Select, select

from grader.demo import DEMO_USERS
from grader.domain.comparison import Stage
from grader.domain.verdict import Verdict
from grader.settings import Settings
from grader.store.database import Database
from grader.store.tables import GradingJob
from tests.servers import free_port

pytestmark = pytest.mark.slow


@contextmanager
def serving(folder: Path, port: int, **settings: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """Run `gradescent serve`; yields the process and the file that holds what it printed."""
    log = folder / "serve.log"
    environment = os.environ | {
        "GRADESCENT_DATA_DIR": str(folder / "var"),
        "GRADESCENT_PORT": str(port),
        "GRADESCENT_LEASE_SECONDS": "2",
        "COLUMNS": "100",
        **settings,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "grader.cli", "serve"], env=environment, stdout=output, stderr=output
        )
        try:
            yield process, log
        finally:
            process.terminate()
            process.wait(60)


def wait_for(log: Path, words: str, seconds: float = 90.0) -> str:
    deadline = time.monotonic() + seconds
    while words not in (text := log.read_text()):
        assert time.monotonic() < deadline, f"{words!r} was not printed:\n{text}"
        time.sleep(0.1)
    return text


def jobs_of_checks() -> Select[tuple[GradingJob]]:
    return select(GradingJob).where(GradingJob.stage == Stage.CHECKS)


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until_gone(pids: list[int], seconds: float = 90.0) -> None:
    """Wait for processes to end; a worker finishes the comparison that it has begun."""
    deadline = time.monotonic() + seconds
    while alive := [pid for pid in pids if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, f"still running: {alive}"
        time.sleep(0.1)


def healthy(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_one_command_gives_a_graded_demo_course_and_ctrl_c_stops_all_of_it(tmp_path: Path) -> None:
    port = free_port()
    with serving(tmp_path, port) as (process, log):
        text = wait_for(log, "Ctrl-C stops everything")
        assert f"http://127.0.0.1:{port}" in text
        assert all(user.username in text and user.password in text for user in DEMO_USERS)
        assert healthy(port)
        database = Database(Settings(data_dir=tmp_path / "var").resolved_database_url())
        with database.reading() as session:
            graded = session.scalars(jobs_of_checks().order_by(GradingJob.id)).all()
        database.close()
        assert [job.status.is_final for job in graded] == [True] * 3
        assert graded[2].verdict is Verdict.ACCEPTED and graded[2].points == 100.0
        assert (graded[0].points or 0.0) <= (graded[1].points or 0.0) < 100.0
        children = children_of(process.pid)
        assert len(children) == 2
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    wait_until_gone(children)
    assert not healthy(port)
    assert re.search(r"Stopped\.\s*$", log.read_text())


def test_a_second_start_shows_the_same_course_and_a_killed_one_leaves_nothing_running(
    tmp_path: Path, short_course: Path
) -> None:
    for _ in range(2):
        with serving(tmp_path, free_port(), GRADESCENT_EXERCISES_DIR=str(short_course)) as (process, log):
            wait_for(log, "Ctrl-C stops everything")
            children = children_of(process.pid)
            process.send_signal(signal.SIGKILL)
            process.wait()
        wait_until_gone(children)
    database = Database(Settings(data_dir=tmp_path / "var").resolved_database_url())
    with database.reading() as session:
        assert len(session.scalars(jobs_of_checks()).all()) == 3
    database.close()


def test_a_worker_that_dies_is_started_again(tmp_path: Path, short_course: Path) -> None:
    with serving(tmp_path, free_port(), GRADESCENT_EXERCISES_DIR=str(short_course)) as (process, log):
        wait_for(log, "Ctrl-C stops everything")
        _, worker = children_of(process.pid)
        os.kill(worker, signal.SIGKILL)
        wait_for(log, "The worker ended (exit code -9); it is started again in")
        deadline = time.monotonic() + 60
        while log.read_text().count("ready for jobs") < 2:
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)


def test_a_port_that_is_taken_is_told_with_a_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
        with serving(tmp_path, port) as (process, log):
            assert process.wait(60) == 2
    text = log.read_text()
    assert f"cannot listen on 127.0.0.1:{port}" in text and f"GRADESCENT_PORT={port + 1}" in text
    assert not (tmp_path / "var").exists(), "nothing was begun"
