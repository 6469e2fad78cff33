"""An exercise held to its promises through the real sandbox.

The reference and every other right solution earn all points, the stub earns none and fails every task, each mutant is
killed by the check that is named for it and is told its own misconception, and no check is there that kills nothing.
The training comparison accepts what is right, and refuses every mutant of which the bank says that it shows there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeVar

from grader.domain.comparison import ComparisonReport
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.evaluate import Grader
from grader.judge.misconceptions import InTraining, Mutant, read_mutants

REFERENCE_SEEDS = 20
COMPARED_SEEDS = 3
"""Under so many of these seeds the reference is trained beside PyTorch, too."""
RIGHT_SOLUTIONS = 3
"""How many right solutions in clearly different styles an exercise has beside its reference, in `right/`."""


class Row(NamedTuple):
    """One graded solution of the self-check."""

    kind: str
    name: str
    verdict: Verdict
    points: float
    max_points: float
    killed_by: tuple[str, ...]
    """The failed checks, the one that is named for a mutant first."""
    refused_by: str = ""
    """Of a mutant, the check of the training comparison that refuses it; empty where none does."""


@dataclass(frozen=True)
class Graded:
    """What came of one solution. `killed` are the checks of which it shows that they can fail."""

    row: Row
    faults: list[str]
    killed: frozenset[str] = frozenset()
    checks: tuple[str, ...] = ()


Work = Callable[[], Graded]


def solutions_to_grade(grader: Grader, slug: str) -> Iterator[Work]:
    """Yield the work of grading each solution of an exercise, the slow start of its judge first.

    Raises `ManifestError`; the work itself raises `GraderFault`.
    """
    exercise = grader.catalog.exercise(slug)
    suite = grader.suite_of(exercise)
    reference = (suite / "reference.py").read_bytes()
    has_comparison = exercise.comparison is not None
    right = sorted((suite / "right").glob("*.py"))

    def grade(content: bytes, seed: int = 0) -> Report:
        """Grade it; once more after a time limit, which a busy machine may have caused: what loops meets it again."""
        files = [SourceFile(exercise.solution_name, content)]
        return _again_after_time_limit(lambda: grader.grade(slug, files, seed=seed))

    def compare(content: bytes, seed: int = 0, only: str = "") -> ComparisonReport:
        """Train with it beside PyTorch; once more after a time limit, as above."""
        files = [SourceFile(exercise.solution_name, content)]
        return _again_after_time_limit(lambda: grader.compare(slug, files, seed=seed, only=only))

    def right_one(kind: str, name: str, content: bytes, seed: int) -> Graded:
        report = grade(content, seed)
        faults = expect_full(report, f"{kind} {name}")
        if has_comparison and (kind == "right" or seed < COMPARED_SEEDS):
            faults += expect_full(compare(content, seed), f"{kind} {name}, trained beside PyTorch,")
        return Graded(_row(kind, name, report), faults)

    def stub() -> Graded:
        content = (exercise.folder / exercise.solution_name).read_bytes()
        report = grade(content)
        faults = expect_nothing(report, [task.id for task in exercise.tasks])
        if has_comparison and (points := compare(content).points):
            faults.append(f"the stub earns {points:g} points in the training comparison")
        names = tuple(check.name for check in report.checks)
        return Graded(_row("stub", exercise.solution_name, report), faults, checks=names)

    def wrong_one(mutant: Mutant) -> Graded:
        content = mutated(reference, mutant)
        report = grade(content)
        row = _row("variant" if mutant.is_variant else "mutant", mutant.name, report, mutant.killed_by)
        faults = expect_killed(report, mutant)
        if has_comparison and mutant.in_training is not InTraining.MAY_SHOW:
            refused = [check.name for check in compare(content, only=mutant.function).checks if check.points == 0]
            row = row._replace(refused_by=refused[0] if refused else "")
            faults += expect_in_training(row.refused_by, mutant)
        return Graded(row, faults, frozenset(row.killed_by))

    yield stub
    for seed in range(REFERENCE_SEEDS):
        yield partial(right_one, "reference", f"seed {seed}", reference, seed)
    for seed, path in enumerate(right):
        yield partial(right_one, "right", path.stem, path.read_bytes(), seed)
    for mutant in read_mutants(suite, exercise):
        yield partial(wrong_one, mutant)


def faults_among(found: list[Graded]) -> list[str]:
    """Return the faults of all graded solutions, and those that only show when they are seen together."""
    faults = [fault for graded in found for fault in graded.faults]
    checks = {name for graded in found for name in graded.checks}
    killing = {name for graded in found for name in graded.killed}
    faults += [f"check {name} kills no mutant" for name in sorted(checks - killing)]
    right = sum(graded.row.kind == "right" for graded in found)
    if right < RIGHT_SOLUTIONS:
        faults.append(f"right/ has {right} solutions; expected {RIGHT_SOLUTIONS} in clearly different styles")
    return faults


def mutated(reference: bytes, mutant: Mutant) -> bytes:
    """Return a mutant as a submission: the reference, with the mutant's functions defined after it."""
    return reference + b"\n\n" + mutant.path.read_bytes()


def expect_full(report: Report | ComparisonReport, what: str) -> list[str]:
    """Return the fault that a right solution is not accepted in full, or none."""
    if report.verdict is Verdict.ACCEPTED and report.points == report.max_points:
        return []
    lost = [check for check in report.checks if check.verdict is not Verdict.ACCEPTED]
    told = [f"{check.name} ({check.fault})" if check.fault else check.name for check in lost]
    return [f"{what} is not accepted: {report.verdict.words}, {report.message or ', '.join(told)}"]


def expect_nothing(report: Report, tasks: list[str]) -> list[str]:
    """Return in what the stub does more, or says less, than that nothing is written yet."""
    faults = [f"the stub earns {report.points:g} points"] if report.points else []
    friendly = {
        check.task
        for check in report.checks
        if re.match(rf"Not written yet: Task {re.escape(check.task)}\b", check.fault)
    }
    return faults + [
        f"the stub does not say that task {task} is not written yet" for task in tasks if task not in friendly
    ]


def expect_killed(report: Report, mutant: Mutant) -> list[str]:
    """Return the fault that a mutant is not killed by its check, or not told as itself and nothing else."""
    failed = {check.name for check in report.checks if check.verdict is not Verdict.ACCEPTED}
    told = [found.name for found in report.misconceptions]
    if mutant.killed_by not in [check.name for check in report.checks]:
        return [f"mutant {mutant.name}: there is no check {mutant.killed_by}"]
    if not failed:
        return [f"mutant {mutant.name} survives every check"]
    faults = []
    if mutant.killed_by not in failed:
        faults.append(f"mutant {mutant.name} is killed by {', '.join(sorted(failed))}, not by {mutant.killed_by}")
    if told != [mutant.name]:
        faults.append(f"mutant {mutant.name} is told as {', '.join(told) or 'nothing'}")
    return faults


def expect_in_training(refused_by: str, mutant: Mutant) -> list[str]:
    """Return the fault that the training comparison does not treat a mutant as the bank says, or none."""
    if refused_by and mutant.in_training is InTraining.SILENT:
        return [f"mutant {mutant.name} is silent in training, it is said, and {refused_by} refuses it"]
    if not refused_by and mutant.in_training is InTraining.SHOWS:
        return [f"mutant {mutant.name} is accepted by the training comparison"]
    return []


R = TypeVar("R", Report, ComparisonReport)


def _again_after_time_limit(grade: Callable[[], R]) -> R:
    report: R = grade()
    verdicts = [report.verdict, *(check.verdict for check in report.checks)]
    return grade() if Verdict.TIME_LIMIT in verdicts else report


def _row(kind: str, name: str, report: Report, killer: str = "") -> Row:
    failed = [check.name for check in report.checks if check.verdict is not Verdict.ACCEPTED]
    failed.sort(key=lambda name: name != killer)
    return Row(kind, name, report.verdict, report.points, report.max_points, tuple(failed))
