"""`gradescent grade`: many files, one grader with warm processes, results in the order of the files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from grader.catalog import load_catalog
from grader.cli.console import ExitCode, complain, err, out, plain
from grader.cli.report import show_report
from grader.domain.check import CheckResult
from grader.domain.errors import GraderFault, UploadRefused
from grader.domain.exercise import Exercise
from grader.domain.report import Audience, Report, serialize
from grader.domain.submission import MAX_SOURCE_BYTES, SourceFile, accept_upload
from grader.domain.verdict import Verdict
from grader.evaluate import Grader
from grader.settings import Settings


@dataclass(frozen=True)
class Outcome:
    """What became of one file: a report, or an error with the exit code that it stands for."""

    path: Path
    report: Report | None = None
    error: str = ""
    code: ExitCode = ExitCode.OK


def grade_files(
    settings: Settings,
    paths: Sequence[Path],
    slug: str,
    *,
    along: Sequence[Path],
    seed: int,
    jobs: int,
    as_json: bool,
) -> ExitCode:
    """Grade the files, each with those `along` beside it, and print what came out. Returns the exit code.

    Raises `UnknownExercise`, and `UploadRefused` for a file that cannot come along.
    """
    catalog = load_catalog(settings.exercises_dir)
    exercise = catalog.exercise(slug)
    companions = [read_source(path, path.name, exercise.companions) for path in along]
    worst = ExitCode.OK
    with Grader(settings, catalog) as grader, ThreadPoolExecutor(jobs) as pool, FilesProgress(len(paths)) as progress:
        grader.warm([slug])  # once and before any clock runs, instead of within the first reports
        for outcome in pool.map(lambda path: _grade(grader, exercise, path, companions, seed, progress), paths):
            worst = max(worst, outcome.code)
            with progress.aside():
                _show(outcome, exercise, as_json=as_json)
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
    grader: Grader, exercise: Exercise, path: Path, companions: list[SourceFile], seed: int, progress: FilesProgress
) -> Outcome:
    try:
        source = read_source(path, exercise.solution_name, [exercise.solution_name])
        files = [source, *companions]
        report = grader.grade(exercise.slug, files, seed=seed, on_check=lambda result: progress.note(path, result))
    except UploadRefused as refusal:
        return Outcome(path, error=str(refusal), code=ExitCode.USAGE)
    except GraderFault as fault:
        words = f"the grader itself failed, which is no fault of this file: {fault}"
        return Outcome(path, error=words, code=ExitCode.INTERNAL)
    return Outcome(path, report, code=ExitCode.OK if report.verdict is Verdict.ACCEPTED else ExitCode.NOT_ACCEPTED)


def _show(outcome: Outcome, exercise: Exercise, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_as_data(outcome, exercise)), flush=True)
    elif outcome.report is not None:
        show_report(out, outcome.report, exercise, file=str(outcome.path))
    if outcome.error:
        complain(f"{outcome.path}: {outcome.error}")


def _as_data(outcome: Outcome, exercise: Exercise) -> dict[str, Any]:
    """Return one line's object. A file that could not be graded has an `error`; its verdict is not the student's."""
    head: dict[str, Any] = {"file": str(outcome.path), "error": outcome.error or None}
    if outcome.report is not None:
        return head | serialize(outcome.report, Audience.STAFF)
    failed = outcome.code is ExitCode.INTERNAL
    return head | {
        "exercise": exercise.slug,
        "verdict": Verdict.INTERNAL_ERROR.value if failed else None,
        "points": 0.0,
        "max_points": exercise.max_points,
        "checks": [],
        "misconception": None,
        "comparison": None,
    }


class FilesProgress:
    """How far the files are: on standard error, and only where somebody watches."""

    def __init__(self, total: int) -> None:
        self._bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            console=err,
            transient=True,
            disable=not err.is_terminal,
            redirect_stdout=False,  # results belong on standard output, whoever watches the other one
            redirect_stderr=False,
        )
        self._task = self._bar.add_task("starting", total=total)

    def __enter__(self) -> FilesProgress:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def note(self, path: Path, result: CheckResult) -> None:
        """Show that a check of a file has finished; called from the threads that grade."""
        self._bar.update(self._task, description=escape(plain(f"{path.name}: {result.name}").plain))

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Step aside while a file's result is printed, and count the file."""
        self._bar.stop()
        yield
        self._bar.advance(self._task)
        self._bar.start()
