"""`gradescent grade`: many files, one grader with warm processes, results in the order of the files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from grader.catalog import load_catalog
from grader.cli.console import ExitCode, complain, out
from grader.cli.plots import PlotFolder, PlotsRefused
from grader.cli.progress import FilesProgress
from grader.cli.report import show_report
from grader.domain.comparison import ComparisonReport, Plan
from grader.domain.errors import GraderFault, UploadRefused
from grader.domain.exercise import Exercise
from grader.domain.report import Audience, Report, serialize
from grader.domain.submission import MAX_SOURCE_BYTES, SourceFile, accept_upload
from grader.domain.verdict import Verdict
from grader.evaluate import Grader
from grader.settings import Settings

_NOT_COMPARED = "Without checks there is no training comparison either."


@dataclass(frozen=True)
class Wishes:
    """How the files of one call are to be graded and told."""

    seed: int = 0
    checks_only: bool = False
    """Leave the training comparison out; its points are then no part of the maximum."""
    as_json: bool = False
    plots: Path | None = None
    """Where the comparison's pictures go; `None`: nowhere."""


@dataclass(frozen=True)
class Outcome:
    """What became of one file: a report, or an error with the exit code that it stands for."""

    path: Path
    report: Report | None = None
    error: str = ""
    code: ExitCode = ExitCode.OK
    pictures: tuple[Path, ...] = ()
    """The files that its pictures were written to."""


def grade_files(
    settings: Settings, paths: Sequence[Path], slug: str, *, along: Sequence[Path], jobs: int, wishes: Wishes
) -> ExitCode:
    """Grade the files, each with those `along` beside it, and print what came out. Returns the exit code.

    Raises `UnknownExercise`, `UploadRefused` for a file that cannot come along, and `PlotsRefused`.
    """
    catalog = load_catalog(settings.exercises_dir)
    exercise = catalog.exercise(slug)
    companions = [read_source(path, path.name, exercise.companions) for path in along]
    plots = None if wishes.plots is None else PlotFolder(wishes.plots)
    worst = ExitCode.OK
    with Grader(settings, catalog) as grader, ThreadPoolExecutor(jobs) as pool, FilesProgress(len(paths)) as progress:
        grader.warm([slug])  # once and before any clock runs, instead of within the first reports
        for graded in pool.map(lambda path: _grade(grader, exercise, path, companions, wishes, progress), paths):
            with progress.aside():
                outcome = graded if plots is None else _with_pictures(graded, plots)
                _show(outcome, exercise, wishes)
            worst = max(worst, outcome.code)
    return worst


def read_source(path: Path, name: str, expected: Sequence[str]) -> SourceFile:
    """Read a file that is to be submitted under a name. Raises `UploadRefused` with words to act on."""
    if name not in expected:
        raise UploadRefused(f"{path} cannot come along; expected {' or '.join(expected) or 'no other file'}")
    if not path.exists():
        raise UploadRefused("there is no such file")
    if not path.is_file():
        raise UploadRefused("this is not a file" + (" but a folder" if path.is_dir() else ""))
    try:
        with path.open("rb") as file:
            content = file.read(MAX_SOURCE_BYTES + 1)
    except OSError as error:
        raise UploadRefused(f"it cannot be read: {error.strerror}") from None
    return accept_upload(name, content, expected=expected)


def _grade(
    grader: Grader,
    exercise: Exercise,
    path: Path,
    companions: list[SourceFile],
    wishes: Wishes,
    progress: FilesProgress,
) -> Outcome:
    try:
        source = read_source(path, exercise.solution_name, [exercise.solution_name])
        report = _both_stages(grader, exercise.slug, [source, *companions], wishes, lambda it: progress.note(path, it))
    except UploadRefused as refusal:
        return Outcome(path, error=str(refusal), code=ExitCode.USAGE)
    except GraderFault as fault:
        words = f"the grader itself failed, which is no fault of this file: {fault}"
        return Outcome(path, error=words, code=ExitCode.INTERNAL)
    return Outcome(path, report, code=ExitCode.OK if report.verdict is Verdict.ACCEPTED else ExitCode.NOT_ACCEPTED)


def _both_stages(
    grader: Grader, slug: str, files: list[SourceFile], wishes: Wishes, note: Callable[[str], None]
) -> Report:
    """Run the checks, and then the training comparison where there is one and it is wanted. Raises `GraderFault`."""
    report = grader.grade(slug, files, seed=wishes.seed, on_check=lambda result: note(result.name))
    plan = None if wishes.checks_only else grader.plan_of(slug)
    if plan is None:
        return report
    if report.failure is not None:
        return replace(report, comparison=_not_compared(plan, report.failure))
    note("training comparison")
    try:
        found = grader.compare(slug, files, seed=wishes.seed, on_check=lambda result: note(result.name), on_gpu=False)
    except GraderFault as fault:
        raise GraderFault(f"in the training comparison, which --checks-only leaves out: {fault}") from fault
    return replace(report, comparison=found)


def _not_compared(plan: Plan, failure: Verdict) -> ComparisonReport:
    """Return what stands for a comparison that could not be: no points, so that the maximum is right all the same."""
    return ComparisonReport(max_points=plan.points, message=_NOT_COMPARED, failure=failure)


def _with_pictures(outcome: Outcome, plots: PlotFolder) -> Outcome:
    if outcome.report is None or outcome.report.comparison is None:
        return outcome
    try:
        written = plots.write(outcome.path, outcome.report.comparison.pictures)
    except PlotsRefused as refusal:
        return replace(outcome, error=str(refusal), code=max(outcome.code, ExitCode.USAGE))
    return replace(outcome, pictures=tuple(written))


def _show(outcome: Outcome, exercise: Exercise, wishes: Wishes) -> None:
    if wishes.as_json:
        print(json.dumps(_as_data(outcome, exercise, wishes)), flush=True)
    elif outcome.report is not None:
        show_report(out, outcome.report, exercise, file=str(outcome.path), pictures=outcome.pictures)
    if outcome.error:
        complain(f"{outcome.path}: {outcome.error}")


def _as_data(outcome: Outcome, exercise: Exercise, wishes: Wishes) -> dict[str, Any]:
    """Return one line's object. A file that could not be graded has an `error`; its verdict is not the student's."""
    head: dict[str, Any] = {"file": str(outcome.path), "error": outcome.error or None}
    if wishes.plots is not None:
        head["plots"] = [str(path) for path in outcome.pictures]
    if outcome.report is not None:
        return head | serialize(outcome.report, Audience.STAFF)
    failed = outcome.code is ExitCode.INTERNAL
    left_out = exercise.comparison.points if exercise.comparison and wishes.checks_only else 0.0
    return head | {
        "exercise": exercise.slug,
        "verdict": Verdict.INTERNAL_ERROR.value if failed else None,
        "points": 0.0,
        "max_points": exercise.max_points - left_out,
        "checks": [],
        "misconception": None,
        "comparison": None,
    }
