"""Grades submissions: holds the warm processes of a worker and brings a submission, a judge and guests together.

Imports neither torch nor a suite: those live in the processes that this module starts.
"""

from __future__ import annotations

import hashlib
import logging
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from grader.catalog import MANIFEST, Catalog
from grader.domain.check import CheckResult, Visibility
from grader.domain.errors import GraderFault, UnknownExercise
from grader.domain.exercise import Exercise
from grader.domain.quiz import AnswerScore, score_answer
from grader.domain.report import Misconception, Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.judge.answers import read_keys
from grader.judge.process import JudgeProcess
from grader.sandbox.host import ZygoteProcess
from grader.settings import Settings

log = logging.getLogger(__name__)

_GRACE_SECONDS = 15.0
"""What a judge may take beyond the job's own limit (its own start, the diagnosis) before it is given up."""


class Grader:
    """The warm processes of one worker: a zygote, and a judge for each suite. Thread-safe; a context manager."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self._settings, self.catalog = settings, catalog
        self._lock = threading.RLock()
        self._zygote: ZygoteProcess | None = None
        self._judges: dict[str, JudgeProcess] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def tier(self) -> str:
        """The sandbox tier that guests run in here. Starts the zygote if need be."""
        return self._running_zygote().tier

    def warm(self, slugs: Sequence[str] | None = None) -> None:
        """Start the warm processes of these exercises (default: all that have a suite) now rather than later."""
        self._running_zygote()
        for exercise in self.catalog.exercises:
            if (slugs is None and self.suite_of(exercise).is_dir()) or (slugs and exercise.slug in slugs):
                self._running_judge(exercise)

    def grade(
        self,
        slug: str,
        files: Sequence[SourceFile],
        *,
        seed: int,
        on_check: Callable[[CheckResult], None] | None = None,
    ) -> Report:
        """Grade one submission under its secret seed; `on_check` hears of each check as it finishes.

        Whatever the student's code does is a verdict of the report. Raises `UnknownExercise`, and `GraderFault`
        where the grader itself failed.
        """
        exercise = self.catalog.exercise(slug)
        started = time.monotonic()
        judge, zygote = self._running_judge(exercise), self._running_zygote()
        with zygote.open_session() as session, judge.open_job(session) as job:
            session.close()  # the judge has it now: when the judge ends, so do its guests
            checks, done = self._follow(job, exercise, files, seed, on_check)
        failure = done["failure"]
        return Report(
            exercise=slug,
            checks=tuple(checks),
            tier=zygote.tier,
            seed=seed,
            suite_version=judge.version,
            seconds=round(time.monotonic() - started, 4),
            message=done["message"],
            failure=Verdict(failure) if failure else None,
            misconceptions=tuple(Misconception(**found) for found in done["found"]),
        )

    def score_quiz(self, slug: str, answers: Mapping[str, str | list[str]]) -> list[AnswerScore]:
        """Score a quiz attempt against the hidden keys. Raises `UnknownExercise`, `ManifestError`."""
        exercise, quiz = self.catalog.exercise(slug), self.catalog.quiz(slug)
        if quiz is None:
            raise UnknownExercise(f"quiz of {slug}", sorted(self.catalog.quizzes))
        keys = read_keys(self.suite_of(exercise), quiz)
        return [score_answer(question, keys[question.id], answers.get(question.id)) for question in quiz.questions]

    def close(self) -> None:
        """End every process that this grader started."""
        with self._lock:
            for judge in self._judges.values():
                judge.close()
            self._judges.clear()
            if self._zygote is not None:
                self._zygote.close()
                self._zygote = None

    def _follow(
        self,
        job: socket.socket,
        exercise: Exercise,
        files: Sequence[SourceFile],
        seed: int,
        on_check: Callable[[CheckResult], None] | None,
    ) -> tuple[list[CheckResult], dict[str, Any]]:
        (file,) = files
        job.settimeout(exercise.limits.job_seconds + _GRACE_SECONDS)
        checks: list[CheckResult] = []
        content = b64encode(file.content).decode()
        for message in JudgeProcess.converse(job, {"name": file.name, "content": content, "seed": seed}):
            if "check" in message:
                checks.append(_check_result(message["check"]))
                if on_check is not None:
                    on_check(checks[-1])
            elif "done" in message:
                return checks, message["done"]
            else:
                raise GraderFault(f"the judge failed:\n{message['fault']}")
        raise GraderFault("the judge ended in the middle of a job")

    def _running_zygote(self) -> ZygoteProcess:
        with self._lock:
            if self._zygote is None or not self._zygote.is_alive:
                if self._zygote is not None:
                    self._zygote.close()
                self._zygote = start_zygote(self._settings)
            return self._zygote

    def _running_judge(self, exercise: Exercise) -> JudgeProcess:
        suite = self.suite_of(exercise)
        version = suite_version(suite, exercise.folder)
        with self._lock:
            judge = self._judges.get(exercise.slug)
            if judge is not None and judge.is_alive and judge.version == version:
                return judge
            if judge is not None:
                judge.close()
            self._judges[exercise.slug] = JudgeProcess(exercise, suite, version)
            return self._judges[exercise.slug]

    def suite_of(self, exercise: Exercise) -> Path:
        """Return the folder of an exercise's hidden suite."""
        return self._settings.suites_dir / exercise.slug


def start_zygote(settings: Settings) -> ZygoteProcess:
    """Start a zygote in the configured tier, or with `auto` in the best one that this machine gives.

    Production never falls back to `process`. Raises `GraderFault` with what is missing.
    """
    package = Path(__file__).resolve().parent
    hidden = [package, settings.suites_dir, settings.exercises_dir, settings.data_dir]
    wanted = settings.sandbox_tier
    if wanted == "process":
        return ZygoteProcess("process", hidden)
    try:
        return ZygoteProcess("namespaces", hidden)
    except GraderFault as fault:
        if wanted == "namespaces" or settings.is_production:
            raise
        log.warning("%s; falling back to the process tier, which is for development only", fault)
        return ZygoteProcess("process", hidden)


def suite_version(suite: Path, folder: Path) -> str:
    """Return a short hash of everything that decides a grade: the hidden suite and the exercise's manifest."""
    digest = hashlib.sha256()
    files = sorted(path for path in suite.rglob("*") if path.is_file() and path.suffix in (".py", ".toml"))
    if not files:
        raise GraderFault(f"there is no hidden suite in {suite}")
    named = {str(path.relative_to(suite)): path for path in files} | {"(manifest)": folder / MANIFEST}
    for name, path in named.items():
        digest.update(f"{name}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _check_result(data: dict[str, Any]) -> CheckResult:
    return CheckResult(**{**data, "verdict": Verdict(data["verdict"]), "visibility": Visibility(data["visibility"])})
