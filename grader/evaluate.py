"""Grades submissions: holds the warm processes of a worker and brings a submission, a judge and guests together.

Imports neither torch nor a suite: those live in the processes that this module starts.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import socket
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from grader.catalog import MANIFEST, Catalog
from grader.comparison.process import DeviceJudgeProcess
from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Device, Plan, Stage
from grader.domain.errors import GraderFault, UnknownExercise
from grader.domain.exercise import Exercise
from grader.domain.misconception import Misconception
from grader.domain.picture import Picture
from grader.domain.quiz import AnswerScore, score_answer
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.judge.answers import read_keys
from grader.judge.process import JudgeNursery, JudgeProcess
from grader.sandbox.host import TIERS_THAT_HOLD, ZygoteProcess
from grader.sandbox.keeper import Keeper
from grader.settings import Settings

log = logging.getLogger(__name__)

_GRACE_SECONDS = 15.0
"""What a judge may take beyond the job's own limit (its own start, the diagnosis) before it is given up."""


_YOUNG_SECONDS = 2.0


class Grader:
    """The warm processes of one worker: a zygote, and a judge for each suite. Thread-safe; a context manager."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self._settings, self.catalog = settings, catalog
        self._zygotes = Keeper(lambda _: start_zygote(settings), settings.recycle_after)
        self._nurseries = Keeper(lambda _: JudgeNursery(), settings.recycle_after)
        self._gpu_zygotes = Keeper(lambda _: self._start_gpu_zygote(), settings.recycle_after)
        self._gpu_judges = Keeper(lambda _: self._start_gpu_judge(), settings.recycle_after)
        self._judges = {exercise.slug: self._keeper_of(exercise) for exercise in catalog.exercises}
        self._versions = SuiteVersions()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def tier(self) -> str:
        """The sandbox tier that guests run in here. Starts the zygote if need be."""
        with self._zygotes.lend() as zygote:
            return zygote.tier

    def warm(self, slugs: Sequence[str]) -> None:
        """Start the warm processes of these exercises now. Raises `UnknownExercise`, `GraderFault`."""
        with self._zygotes.lend():
            for exercise in map(self.catalog.exercise, slugs):
                with self._judges[exercise.slug].lend(self._version_of(exercise)):
                    log.debug("%s is warm", exercise.slug)

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
        version = self._version_of(exercise)
        with (
            self._judges[slug].lend(version) as judge,
            self._zygotes.lend() as zygote,
            zygote.open_session() as session,
            judge.open_job(session) as job,
        ):
            session.close()  # the judge has it now: when the judge ends, so do its guests
            order = {"stage": Stage.CHECKS, "files": _told(exercise, files), "seed": seed}
            checks, done = _follow(job, order, exercise.limits.job_seconds, on_check)
        failure = done["failure"]
        return Report(
            exercise=slug,
            checks=tuple(checks),
            tier=zygote.tier,
            seed=seed,
            suite_version=version,
            seconds=round(time.monotonic() - started, 4),
            message=done["message"],
            failure=Verdict(failure) if failure else None,
            misconceptions=tuple(Misconception(**found) for found in done["found"]),
        )

    def conditions_of(self, slug: str, *, on_gpu: bool = False) -> tuple[str, str]:
        """Return all that a result depends on but for the files: the suite's version, and the environment.

        Raises `UnknownExercise`, `GraderFault`.
        """
        parts = [f"gradescent {_installed('gradescent')}", f"torch {_installed('torch')}", "gpu" if on_gpu else "cpu"]
        return self._version_of(self.catalog.exercise(slug)), ", ".join(parts)

    def plan_of(self, slug: str) -> Plan | None:
        """Return what an exercise's training comparison is worth and wants. Raises `UnknownExercise`."""
        return self.catalog.exercise(slug).comparison

    def compare(
        self,
        slug: str,
        files: Sequence[SourceFile],
        *,
        seed: int,
        on_check: Callable[[CheckResult], None] | None = None,
        on_gpu: bool = False,
        only: str = "",
    ) -> ComparisonReport:
        """Train with one submission beside PyTorch; `on_check` hears of each check as it finishes.

        `only` names a function: its checks alone are run, without pictures, up to the first that fails. Whatever the
        student's code does is a verdict of the report. Raises `UnknownExercise`, and `GraderFault` where the grader
        itself failed.
        """
        exercise = self.catalog.exercise(slug)
        plan = exercise.comparison
        if plan is None:
            raise GraderFault(f"{slug} has no training comparison")
        started = time.monotonic()
        version = self._version_of(exercise)
        order = {"stage": Stage.COMPARISON, "files": _told(exercise, files), "seed": seed, "only": only}
        with self._comparing(exercise, version, on_gpu=on_gpu) as (job, tier, device):
            checks, done = _follow(job, order, exercise.limits.comparison_seconds, on_check)
        failure = done["failure"]
        return ComparisonReport(
            max_points=plan.points,
            checks=tuple(checks),
            pictures=tuple(Picture.from_data(picture) for picture in done["pictures"]),
            misconceptions=tuple(Misconception(**found) for found in done["found"]),
            device=device,
            notes=(_NO_GPU,) if plan.device is Device.GPU and not on_gpu else (),
            message=done["message"],
            failure=Verdict(failure) if failure else None,
            tier=tier,
            suite_version=version,
            seconds=round(time.monotonic() - started, 4),
        )

    def open_gpu(self) -> str:
        """Start the warm processes of the GPU now, and return in words what it is.

        Raises `GraderFault` where there is no GPU, or where it computes what PyTorch does not.
        """
        with self._gpu_zygotes.lend(), self._gpu_judges.lend() as judge:
            return judge.device

    def score_quiz(self, slug: str, answers: Mapping[str, str | list[str]]) -> list[AnswerScore]:
        """Score a quiz attempt against the hidden keys. Raises `UnknownExercise`, `ManifestError`."""
        exercise, quiz = self.catalog.exercise(slug), self.catalog.quiz(slug)
        if quiz is None:
            raise UnknownExercise(f"quiz of {slug}", sorted(self.catalog.quizzes))
        keys = read_keys(self.suite_of(exercise), quiz)
        return [score_answer(question, keys[question.id], answers.get(question.id)) for question in quiz.questions]

    def close(self) -> None:
        """End every process that this grader started."""
        for judges in self._judges.values():
            judges.close()
        self._nurseries.close()
        self._gpu_judges.close()
        self._gpu_zygotes.close()
        self._zygotes.close()

    @contextmanager
    def _comparing(self, exercise: Exercise, version: str, *, on_gpu: bool) -> Iterator[tuple[socket.socket, str, str]]:
        """Open a comparison's job; yield the line to its judge, the tier of its guests, and the device in words."""
        if not on_gpu:
            with (
                self._judges[exercise.slug].lend(version) as judge,
                self._zygotes.lend() as zygote,
                zygote.open_session() as session,
                judge.open_job(session) as job,
            ):
                session.close()
                yield job, zygote.tier, "CPU"
            return
        with (
            self._gpu_judges.lend() as gpu_judge,
            self._zygotes.lend() as zygote,
            self._gpu_zygotes.lend() as gpu_zygote,
            zygote.open_session() as here,
            gpu_zygote.open_session() as there,
            gpu_judge.open_job(exercise, self.suite_of(exercise), version, here, there) as job,
        ):
            here.close()
            there.close()
            yield job, gpu_zygote.tier, gpu_judge.device

    def _start_gpu_judge(self) -> DeviceJudgeProcess:
        wanted = [one for one in self.catalog.exercises if one.comparison and one.comparison.device is not Device.CPU]
        suites = [(one, self.suite_of(one), self._version_of(one)) for one in wanted]
        return DeviceJudgeProcess(suites, self._settings.data_dir)

    def _start_gpu_zygote(self) -> ZygoteProcess:
        with self._zygotes.lend() as zygote:
            return ZygoteProcess(zygote.tier, hidden_paths(self._settings), "gpu")

    def _keeper_of(self, exercise: Exercise) -> Keeper[JudgeProcess]:
        def start(version: str) -> JudgeProcess:  # whatever lies there by now
            with self._nurseries.lend() as nursery:
                return JudgeProcess(
                    nursery, exercise, self.suite_of(exercise), folder=self._settings.data_dir, version=version
                )

        return Keeper(start, self._settings.recycle_after)

    def _version_of(self, exercise: Exercise) -> str:
        return self._versions.of(self.suite_of(exercise), exercise.folder)

    def suite_of(self, exercise: Exercise) -> Path:
        """Return the folder of an exercise's hidden suite."""
        return self._settings.suites_dir / exercise.slug


@functools.cache
def _installed(package: str) -> str:
    """Return the version of a package without importing it."""
    return metadata.version(package)


_NO_GPU = "This exercise trains on a GPU where there is one. No GPU worker was there, so it ran on the CPU."


def _follow(
    job: socket.socket,
    order: dict[str, Any],
    seconds: float,
    on_check: Callable[[CheckResult], None] | None,
) -> tuple[list[CheckResult], dict[str, Any]]:
    """Send a judge its order; return the checks that it told, and what it said at the end. Raises `GraderFault`."""
    job.settimeout(seconds + _GRACE_SECONDS)
    checks: list[CheckResult] = []
    for message in JudgeProcess.converse(job, order):
        if "check" in message:
            checks.append(_check_result(message["check"]))
            if on_check is not None:
                on_check(checks[-1])
        elif "done" in message:
            return checks, message["done"]
        else:
            raise GraderFault(f"the judge failed:\n{message['fault']}")
    raise GraderFault("the judge ended in the middle of a job")


def start_zygote(settings: Settings) -> ZygoteProcess:
    """Start a zygote in the configured tier, or with `auto` in the best one that this machine gives.

    Production never falls back to `process`. Raises `GraderFault` with what is missing.
    """
    hidden = hidden_paths(settings)
    if settings.sandbox_tier != "auto":
        return ZygoteProcess(settings.sandbox_tier, hidden)
    refusals = []
    for tier in TIERS_THAT_HOLD:
        try:
            return ZygoteProcess(tier, hidden)
        except GraderFault as fault:
            refusals.append(str(fault))
    told = "; ".join(refusals)
    if settings.is_production:
        raise GraderFault(f"{told}; `gradescent doctor` tells what would help")
    log.warning("%s; falling back to the process tier, which is for development only", told)
    return ZygoteProcess("process", hidden)


def hidden_paths(settings: Settings) -> list[Path]:
    """Return what no guest may read, wherever it lies."""
    package = Path(__file__).resolve().parent
    return [package, settings.suites_dir, settings.exercises_dir, settings.data_dir]


class SuiteVersions:
    """The versions of suites, read from their files again only when one of them has changed. Thread-safe."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[list[tuple[Path, int, int]], str]] = {}

    def of(self, suite: Path, folder: Path) -> str:
        """Return a short hash of everything that decides a grade: the hidden suite and the exercise's manifest.

        Raises `GraderFault` where there is no suite.
        """
        files = sorted(path for path in suite.rglob("*") if path.suffix in (".py", ".toml"))
        if not files:
            raise GraderFault(f"there is no hidden suite in {suite}")
        found = [(path, path.stat()) for path in (*files, folder / MANIFEST)]
        stamps = [(path, stat.st_mtime_ns, stat.st_size) for path, stat in found]
        known = self._known.get(suite)
        if known is not None and known[0] == stamps:
            return known[1]
        digest = hashlib.sha256()
        for path in files:
            digest.update(f"{path.relative_to(suite)}\0".encode() + path.read_bytes())
        digest.update(b"(manifest)\0" + (folder / MANIFEST).read_bytes())
        version = digest.hexdigest()[:12]
        # A file may change twice within one tick of the file system's clock: young stamps are not relied upon.
        if time.time() - max(stat.st_mtime for _, stat in found) > _YOUNG_SECONDS:
            self._known[suite] = (stamps, version)
        return version


def _told(exercise: Exercise, files: Sequence[SourceFile]) -> list[dict[str, str]]:
    return [{"name": file.name, "content": b64encode(file.content).decode()} for file in _in_order(exercise, files)]


def _in_order(exercise: Exercise, files: Sequence[SourceFile]) -> list[SourceFile]:
    """Return the solution and then its companions. Raises `GraderFault` for files that are not of this exercise."""
    names = [file.name for file in files]
    if exercise.solution_name not in names or not set(names) <= {exercise.solution_name, *exercise.companions}:
        raise GraderFault(f"a submission of {exercise.slug} cannot be made of {', '.join(names)}")
    return sorted(files, key=lambda file: file.name != exercise.solution_name)


def _check_result(data: dict[str, Any]) -> CheckResult:
    return CheckResult(**{**data, "verdict": Verdict(data["verdict"]), "visibility": Visibility(data["visibility"])})
