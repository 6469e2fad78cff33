"""Holds an exercise to its own promises, through the real sandbox: what `gradescent check` does.

The reference earns every point under several seeds, the stub earns none and fails every task, each mutant is killed
by the check that is named for it and is told its own misconception, and no check is there that kills nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.evaluate import Grader
from grader.judge.misconceptions import Mutant, read_mutants

REFERENCE_SEEDS = 5
Progress = Callable[[str, int, int], None]
"""Told what is graded next, how many were graded, and how many there are."""


class Row(NamedTuple):
    """One graded solution of the self-check."""

    kind: str
    name: str
    verdict: Verdict
    points: float
    max_points: float
    killed_by: tuple[str, ...]


@dataclass
class SelfCheck:
    """What was graded, and everything that is not as promised."""

    rows: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def check_exercise(grader: Grader, slug: str, on_progress: Progress) -> SelfCheck:
    """Grade the reference, the stub and every mutant of one exercise. Raises `GraderFault`, `ManifestError`."""
    exercise = grader.catalog.exercise(slug)
    suite = grader.suite_of(exercise)
    reference = (suite / "reference.py").read_bytes()
    mutants = read_mutants(suite, exercise)
    result = SelfCheck()
    total, done = REFERENCE_SEEDS + 1 + len(mutants), 0

    def grade(kind: str, name: str, content: bytes, *, seed: int = 0, killer: str = "") -> Report:
        nonlocal done
        on_progress(f"{kind} {name}", done, total)
        report = grader.grade(slug, [SourceFile(exercise.solution_name, content)], seed=seed)
        done += 1
        failed = [check.name for check in report.checks if check.verdict is not Verdict.ACCEPTED]
        failed.sort(key=lambda name: name != killer)  # the check that is named for a mutant first
        result.rows.append(Row(kind, name, report.verdict, report.points, report.max_points, tuple(failed)))
        return report

    for seed in range(REFERENCE_SEEDS):
        _expect_full(
            grade("reference", f"seed {seed}", reference, seed=seed), f"the reference under seed {seed}", result
        )
    stub = grade("stub", exercise.solution_name, (exercise.folder / exercise.solution_name).read_bytes())
    _expect_nothing(stub, [task.id for task in exercise.tasks], result)
    killing: set[str] = set()
    for mutant in mutants:
        report = grade(
            "variant" if mutant.is_variant else "mutant",
            mutant.name,
            mutated(reference, mutant),
            killer=mutant.killed_by,
        )
        killing |= _expect_killed(report, mutant, result)
    names = {check.name for check in stub.checks}
    result.faults += [f"check {name} kills no mutant" for name in sorted(names - killing)]
    on_progress("done", total, total)
    return result


def mutated(reference: bytes, mutant: Mutant) -> bytes:
    """Return a mutant as a submission: the reference, with the mutant's functions defined after it."""
    return reference + b"\n\n" + mutant.path.read_bytes()


def _expect_full(report: Report, what: str, result: SelfCheck) -> None:
    if report.verdict is not Verdict.ACCEPTED or report.points != report.max_points:
        lost = [check.name for check in report.checks if check.verdict is not Verdict.ACCEPTED]
        result.faults.append(f"{what} is not accepted: {report.verdict.words}, {', '.join(lost) or report.message}")


def _expect_nothing(report: Report, tasks: list[str], result: SelfCheck) -> None:
    if report.points:
        result.faults.append(f"the stub earns {report.points:g} points")
    friendly = {
        check.task
        for check in report.checks
        if re.match(rf"Not written yet: Task {re.escape(check.task)}\b", check.fault)
    }
    result.faults += [
        f"the stub does not say that task {task} is not written yet" for task in tasks if task not in friendly
    ]


def _expect_killed(report: Report, mutant: Mutant, result: SelfCheck) -> set[str]:
    failed = {check.name for check in report.checks if check.verdict is not Verdict.ACCEPTED}
    named = [check.name for check in report.checks]
    if mutant.killed_by not in named:
        result.faults.append(f"mutant {mutant.name}: there is no check {mutant.killed_by}")
    elif not failed:
        result.faults.append(f"mutant {mutant.name} survives every check")
    elif mutant.killed_by not in failed:
        result.faults.append(
            f"mutant {mutant.name} is killed by {', '.join(sorted(failed))}, not by {mutant.killed_by}"
        )
    told = [found.name for found in report.misconceptions]
    if failed and told != [mutant.name]:
        result.faults.append(f"mutant {mutant.name} is told as {', '.join(told) or 'nothing'}")
    return failed
