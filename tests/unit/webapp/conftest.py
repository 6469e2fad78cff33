"""A small course, its people, and a portal over a real SQLite file. Results are written through the store, as a
worker writes them; the queue is a list."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from grader.bundle import COURSE_FILES
from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Plan
from grader.domain.quiz import AnswerScore
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.settings import Settings
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.jobs import Claim, claim, finish, finish_comparison, finish_quiz, record_checks
from grader.store.quizzes import submit_answers
from grader.store.submissions import submit
from grader.store.tables import Role, User
from webapp.app import create_app

LEASE = timedelta(minutes=5)

MANIFEST = """
slug = "slope"
title = "Downhill"
summary = "One step down."
order = 1
bundle = ["README.md", "slope.py", "figures/hill.svg"]
companions = ["valley.py"]

[[tasks]]
id = "1.1"
function = "step"
title = "One step"
points = 10
returns = ["param"]

[[tasks]]
id = "1.2"
function = "leap"
title = "Many steps"
points = 5
returns = ["param"]
"""

README = """# Downhill

Follow $-\\nabla f$, see [the stub](slope.py) and [the answers](answers.toml).

$$
\\theta \\leftarrow \\theta - \\eta g
$$

## The rules

![A hill](figures/hill.svg)

<details><summary>Hint</summary>

Look *down*.

</details>

<script>alert(1)</script>

```python
def step(param): ...
```
"""

QUIZ = """
title = "Slopes"
attempts = 2

[[questions]]
id = "which"
type = "single"
points = 1
prompt = "Which way is *down*?"
choices = [{ id = "a", text = "Along $-g$" }, { id = "b", text = "Along $g$" }]

[[questions]]
id = "all"
type = "multiple"
points = 2
prompt = "Which are optimizers?"
choices = [{ id = "a", text = "Adam" }, { id = "b", text = "SGD" }, { id = "c", text = "ReLU" }]

[[questions]]
id = "number"
type = "numeric"
points = 1
prompt = "How much is $1 - 0.9$?"

[[questions]]
id = "why"
type = "text"
points = 4
prompt = "Why?"
"""


@dataclass
class School:
    """The course's people and what a worker does, for tests to call."""

    database: Database
    app: Flask
    now: Any
    sent: list[int]
    ada: User
    bob: User
    iris: User

    def visit(self, name: str) -> FlaskClient:
        """Return a client that has logged in as this user."""
        client = self.app.test_client()
        answer = client.post("/log-in", data={"username": name, "password": "pw"})
        assert answer.status_code == 302, f"{name} could not log in"
        return client

    def hand_in(self, user: User, code: bytes = b"def step(param): ...\n", exercise: str = "slope") -> tuple[int, int]:
        """Store a submission. Returns its id and its job's."""
        with self.database.transaction() as session:
            job = submit(session, user, exercise, [SourceFile(f"{exercise}.py", code)], seed=424242, now=self.now)
            assert job.submission_id is not None
            return job.submission_id, job.id

    def start(self, job_id: int) -> Claim:
        """Take a job, as a worker does."""
        with self.database.transaction() as session:
            taken = claim(session, job_id, now=self.now, lease=LEASE)
        assert taken is not None
        return taken

    def record(self, taken: Claim, *checks: CheckResult) -> None:
        """Store finished checks of a running job."""
        with self.database.transaction() as session:
            for check in checks:
                record_checks(session, taken, [check], now=self.now, lease=LEASE)

    def finish(
        self, taken: Claim, checks: Sequence[CheckResult] = (), comparison: Plan | None = None, **fields: Any
    ) -> int:
        """Write a job's report. Returns the id of the comparison's job that follows, 0 if none does."""
        report = Report(
            exercise="slope",
            checks=tuple(checks),
            tier="namespaces",
            seed=424242,
            suite_version="slope-v7",
            seconds=0.084,
            **fields,
        )
        with self.database.transaction() as session:
            following = finish(session, taken, report, now=self.now, comparison=comparison)
            return following.id if following else 0

    def finish_comparison(self, taken: Claim, checks: Sequence[CheckResult] = (), **fields: Any) -> None:
        """Write what a comparison worth 5 points found."""
        report = ComparisonReport(max_points=5, checks=tuple(checks), seconds=2.31, suite_version="slope-v7", **fields)
        with self.database.transaction() as session:
            finish_comparison(session, taken, report, now=self.now)

    def graded(self, user: User, checks: Sequence[CheckResult], code: bytes = b"x = 1\n", **fields: Any) -> int:
        """Store a submission with its result. Returns its id."""
        submission_id, job_id = self.hand_in(user, code)
        self.finish(self.start(job_id), checks, **fields)
        return submission_id

    def answer(self, user: User, answers: dict[str, str | list[str]]) -> tuple[int, int]:
        """Store a quiz attempt. Returns its id and its job's."""
        with self.database.transaction() as session:
            job = submit_answers(session, user, "slope", answers, allowed=2, now=self.now)
            assert job.quiz_attempt_id is not None
            return job.quiz_attempt_id, job.id

    def score(self, job_id: int, attempt_id: int, points: dict[str, float], provisional: Sequence[str] = ()) -> None:
        """Write the scores of a quiz attempt, as a worker does."""
        whole = {"which": 1.0, "all": 2.0, "number": 1.0, "why": 4.0}
        scores = [
            AnswerScore(
                question=question,
                points=points.get(question, 0.0),
                max_points=most,
                is_provisional=question in provisional,
                explanation=f"The story of {question}, with $x$.",
            )
            for question, most in whole.items()
        ]
        taken = self.start(job_id)
        with self.database.transaction() as session:
            finish_quiz(session, taken, attempt_id, scores, now=self.now)


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with the small course."""
    root = tmp_path / "exercises"
    folder = root / "slope"
    (folder / "figures").mkdir(parents=True)
    for name, text in {
        "manifest.toml": MANIFEST,
        "README.md": README,
        "quiz.toml": QUIZ,
        "slope.py": "def step(param): ...\n",
        "figures/hill.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "notes.txt": "for staff",
    }.items():
        (folder / name).write_text(text)
    for name in COURSE_FILES:
        (root / name).write_text("# the course\n")
    return replace(settings, exercises_dir=root)


class CompiledTemplates(BytecodeCache):
    """Keeps compiled templates for the portals of all tests: to compile them for each is a third of the tests' time."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


COMPILED = CompiledTemplates()


@pytest.fixture
def school(settings: Settings, database: Database, now: Any) -> Iterator[School]:
    """A portal with two students and an instructor, all with the password `pw`."""
    sent: list[int] = []
    app = create_app(settings, send=sent.append)
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    app.jinja_env.bytecode_cache = COMPILED
    with database.transaction() as session:
        ada = create_user(session, "ada", "Ada Lovelace", Role.STUDENT, "pw", now)
        bob = create_user(session, "bob", "Bob <b>Bold</b>", Role.STUDENT, "pw", now)
        iris = create_user(session, "iris", "Iris", Role.INSTRUCTOR, "pw", now)
    yield School(database, app, now, sent, ada, bob, iris)
    app.extensions["gradescent"].watcher.close()
    app.extensions["gradescent"].database.close()


@pytest.fixture
def passed() -> CheckResult:
    return CheckResult(
        name="step-goes-down",
        task="1.1",
        verdict=Verdict.ACCEPTED,
        points=6,
        max_points=6,
        visibility=Visibility.VISIBLE,
    )


@pytest.fixture
def failed() -> CheckResult:
    """A hidden check that failed: its message is for staff, its hint and fault for the student."""
    return CheckResult(
        name="step-keeps-dtype",
        task="1.1",
        verdict=Verdict.RUNTIME_ERROR,
        points=0,
        max_points=4,
        visibility=Visibility.HIDDEN,
        message="expected 0.31337, got 1",
        hint="Which dtype does the result have?",
        fault="TypeError in line 2: <i>no</i>",
    )


@pytest.fixture
def csrf() -> Any:
    """Read the token out of a page."""

    def token_of(page: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found, "the page has no CSRF token"
        return found[1]

    return token_of


@pytest.fixture
def silent_port() -> Iterator[Callable[..., int]]:
    """Return a port of this machine at which somebody listens and never answers, or nobody at all."""
    with closing(socket.socket()) as listener, closing(socket.socket()) as closed:
        for one in (listener, closed):
            one.bind(("127.0.0.1", 0))
        listener.listen()
        yield lambda *, listens: (listener if listens else closed).getsockname()[1]
