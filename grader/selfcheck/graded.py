"""An exercise held to its promises through the real sandbox.

The reference and every other right solution earn all points, the stub earns none and fails every task, each mutant is
killed by the check that is named for it and is told its own misconception, and no check is there that kills nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.evaluate import Grader
from grader.judge.misconceptions import Mutant, read_mutants

REFERENCE_SEEDS = 20
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
    right = sorted((suite / "right").glob("*.py"))

    def grade(content: bytes, seed: int = 0) -> Report:
        """Grade it; once more after a time limit, which a busy machine may have caused: what loops meets it again."""
        files = [SourceFile(exercise.solution_name, content)]
        report = grader.grade(slug, files, seed=seed)
        verdicts = [report.verdict, *(check.verdict for check in report.checks)]
        return grader.grade(slug, files, seed=seed) if Verdict.TIME_LIMIT in verdicts else report

    def right_one(kind: str, name: str, content: bytes, seed: int) -> Graded:
        report = grade(content, seed)
        return Graded(_row(kind, name, report), expect_full(report, f"{kind} {name}"))

    def stub() -> Graded:
        report = grade((exercise.folder / exercise.solution_name).read_bytes())
        faults = expect_nothing(report, [task.id for task in exercise.tasks])
        names = tuple(check.name for check in report.checks)
        return Graded(_row("stub", exercise.solution_name, report), faults, checks=names)

    def wrong_one(mutant: Mutant) -> Graded:
        report = grade(mutated(reference, mutant))
        row = _row("variant" if mutant.is_variant else "mutant", mutant.name, report, mutant.killed_by)
        return Graded(row, expect_killed(report, mutant), frozenset(row.killed_by))

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


def expect_full(report: Report, what: str) -> list[str]:
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


def _row(kind: str, name: str, report: Report, killer: str = "") -> Row:
    failed = [check.name for check in report.checks if check.verdict is not Verdict.ACCEPTED]
    failed.sort(key=lambda name: name != killer)
    return Row(kind, name, report.verdict, report.points, report.max_points, tuple(failed))
