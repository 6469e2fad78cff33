"""Live pages as the portal serves them: a process of its own, dozens of streams, readers who lose their connection."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlencode

import pytest
from argon2 import PasswordHasher

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Plan
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.store import accounts
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.jobs import Claim, claim, finish, finish_comparison, record_checks
from grader.store.submissions import submit
from grader.store.tables import Role

pytestmark = pytest.mark.slow

DEADLINE = 120.0
READERS = 36
LEASE = timedelta(minutes=5)
CHECKS = [
    CheckResult(
        name=f"check-{number}",
        task="3.1",
        verdict=Verdict.ACCEPTED,
        points=1,
        max_points=1,
        visibility=Visibility.VISIBLE,
    )
    for number in range(4)
]


class Session:
    """Somebody who has logged in, without a browser."""

    def __init__(self, port: int, username: str) -> None:
        self.port = port
        answer, page = self._ask("GET", "/log-in")
        (token,) = re.findall(r'name="csrf_token" value="([^"]+)"', page)
        self._cookie = _cookie(answer)
        form = urlencode({"username": username, "password": "pw", "csrf_token": token})
        answer, _ = self._ask("POST", "/log-in", form)
        assert answer.status == 302, f"{username} could not log in"
        self._cookie = _cookie(answer)

    _cookie = ""

    def connect(self, path: str, **headers: str) -> tuple[HTTPConnection, object]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={"Cookie": self._cookie, **headers})
        return connection, connection.getresponse()

    def _ask(self, method: str, path: str, body: str = ""):
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        connection.request(method, path, body, {"Cookie": self._cookie, **kind})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text


def _cookie(answer) -> str:
    return answer.headers["Set-Cookie"].partition(";")[0]


@dataclass
class Reader:
    """Follows one submission to its end, and hangs up on purpose after some events."""

    session: Session
    path: str
    hangs_up_after: int
    seen: str = ""
    events: list[tuple[str, str, dict]] = field(default_factory=list)
    connections: int = 0

    def follow(self) -> None:
        deadline = time.monotonic() + DEADLINE
        while not (self.events and self.events[-1][0] == "done"):
            assert time.monotonic() < deadline, f"{self.path} did not come to its end: {self.events[-3:]}"
            try:
                self._listen()
            except (OSError, HTTPException):
                time.sleep(0.1)  # the portal is down for a moment

    def _listen(self) -> None:
        headers = {"Last-Event-ID": self.seen} if self.seen else {}
        connection, answer = self.session.connect(self.path, **headers)
        self.connections += 1
        try:
            for heard, (name, state, said) in enumerate(_events(answer), start=1):
                self.seen = state
                if name != "beat":
                    self.events.append((name, state, said))
                if name == "done" or heard == self.hangs_up_after:
                    return
        finally:
            connection.close()


def _events(answer) -> Iterator[tuple[str, str, dict]]:
    found: dict[str, str] = {}
    while line := answer.readline().decode():
        name, _, value = line.rstrip("\n").partition(": ")
        if name:
            found[name] = value
            continue
        if "event" in found:
            yield found["event"], found["id"], json.loads(found["data"])
        found = {}


@pytest.fixture
def submissions(database: Database, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """Stored submissions as the name of their student, their id and their job's."""
    monkeypatch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    moment = datetime.now(UTC)
    stored = []
    with database.transaction() as session:
        users = [create_user(session, name, name, Role.STUDENT, "pw", moment) for name in ("ada", "bob", "cyd")]
        for number in range(READERS):
            user = users[number % len(users)]
            job = submit(session, user, "adaptive", [SourceFile("adaptive.py", b"x = 1\n")], seed=1, now=moment)
            stored.append((user.username, job.submission_id, job.id))
    return stored


def take(database: Database, job_id: int) -> Claim:
    with database.transaction() as session:
        taken = claim(session, job_id, now=datetime.now(UTC), lease=LEASE)
    assert taken is not None
    return taken


def grade(database: Database, job_id: int) -> None:
    """Move a job through both stages, step by step, as a worker does."""
    taken = take(database, job_id)
    for result in CHECKS:
        with database.transaction() as session:
            record_checks(session, taken, [result], now=datetime.now(UTC), lease=LEASE)
        time.sleep(0.02)
    report = Report(exercise="adaptive", checks=tuple(CHECKS), tier="t", seed=1, suite_version="v", seconds=0.1)
    with database.transaction() as session:
        following = finish(session, taken, report, now=datetime.now(UTC), comparison=Plan(points=2))
    taken = take(database, following.id)
    with database.transaction() as session:
        finish_comparison(session, taken, ComparisonReport(max_points=2), now=datetime.now(UTC))


def numbers(state: str) -> list[int]:
    return [int(part) for part in state.partition("+")[0].split(".")]


def test_many_readers_see_every_result_to_its_end_over_lost_connections_and_a_portal_that_starts_again(
    served_portal, database, submissions
):
    sessions = {name: Session(served_portal.port, name) for name in ("ada", "bob", "cyd")}
    readers = [
        Reader(sessions[name], f"/submissions/{number}/events", hangs_up_after=1 + number % 3)
        for name, number, _ in submissions
    ]
    with ThreadPoolExecutor(READERS + 1) as pool:
        following = [pool.submit(reader.follow) for reader in readers]
        for place, (_, _, job_id) in enumerate(submissions):
            grade(database, job_id)
            if place == READERS // 2:
                assert served_portal.stop() == 0
                served_portal.start()
        for one in following:
            one.result(DEADLINE)
    for reader in readers:
        states = [(state, said) for name, state, said in reader.events if name in ("check", "done") and "html" in said]
        orders = [numbers(state) for state, _ in states]
        assert orders == sorted(orders), "no state came after a newer one"
        assert len({state for state, _ in states}) == len(states), "nothing was sent twice"
        last = states[-1][1]["html"]
        assert all(result.name in last for result in CHECKS)
        assert reader.events[-1][0] == "done"
    assert sum(reader.connections for reader in readers) > READERS
    assert "Traceback" not in served_portal.log()


def test_a_portal_that_stops_ends_its_streams_by_itself(served_portal, submissions):
    name, number, _ = submissions[0]
    connection, answer = Session(served_portal.port, name).connect(f"/submissions/{number}/events")
    events = _events(answer)
    assert next(events)[0] == "check"
    assert served_portal.stop() == 0
    assert {name for name, _, _ in events} <= {"place"}  # it comes to an end, and to a proper one: no broken answer
    connection.close()


def test_the_twenty_first_stream_of_one_person_is_refused_and_a_closed_one_makes_room(served_portal, submissions):
    session = Session(served_portal.port, "ada")
    number = next(number for name, number, _ in submissions if name == "ada")
    path = f"/submissions/{number}/events"
    held = [session.connect(path) for _ in range(20)]
    assert [answer.status for _, answer in held] == [200] * 20
    refused, answer = session.connect(path)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "30")
    refused.close()
    for connection, answer in held:
        answer.close()
        connection.close()
    deadline = time.monotonic() + DEADLINE
    while True:  # that its reader is gone the portal learns when it next writes, with a heartbeat at the latest
        connection, answer = session.connect(path)
        status = answer.status
        answer.close()
        connection.close()
        if status == 200:
            return
        assert time.monotonic() < deadline, "the streams of readers who left are still held"
        time.sleep(0.2)
