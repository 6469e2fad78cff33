"""The table of mutants by check, as Markdown: which check earns its place by what."""

from __future__ import annotations

from collections.abc import Sequence

from grader.domain.exercise import Exercise
from grader.selfcheck.run import SelfCheck

_HEAD = """\
# Mutants by check

Written by `gradescent check --table docs/mutants.md`, from one run of every suite in the real sandbox.

A mutant is a small, realistic wrong solution; a *variant* (in italics) is right by the convention of another course.
Each is named for one check that must notice it, and stands in that check's row; in brackets is how many more mutants
the check fails. Every check fails at least one, and every mutant fails at least the check that is named for it.

"Refused in training" counts the mutants that the training comparison refuses as well. The others cannot show there:
what they do with invalid settings, with their arguments' memory, or with shapes and dtypes that no training run has,
or they show by chance alone and are not counted.
"""


def mutants_by_check(exercises: Sequence[Exercise], found: Sequence[SelfCheck]) -> str:
    """Return the page: a table of totals, then one table per exercise."""
    head = ("exercise", "checks", "mutants", "killed", "refused in training", "right solutions", "reference")
    lines = [_HEAD, f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for exercise, one in zip(exercises, found, strict=True):
        wrong = [row for row in one.rows if row.kind in ("mutant", "variant")]
        right = [row for row in one.rows if row.kind == "right"]
        seeds = [row for row in one.rows if row.kind == "reference"]
        lines.append(
            f"| [{exercise.slug}](#{exercise.slug}) | {len(_checks(one))} | {len(wrong)} "
            f"| {sum(bool(row.killed_by) for row in wrong)} | {sum(bool(row.refused_by) for row in wrong)} "
            f"| {sum(row.points == row.max_points for row in right)} of {len(right)} "
            f"| {sum(row.points == row.max_points for row in seeds)} of {len(seeds)} seeds |"
        )
    for exercise, one in zip(exercises, found, strict=True):
        lines += ["", f"## {exercise.slug}", "", "| check | mutants |", "|---|---|", *_rows(one)]
    return "\n".join(lines) + "\n"


def _checks(found: SelfCheck) -> tuple[str, ...]:
    """Return the names of all checks: the stub fails each of them."""
    return next(row.killed_by for row in found.rows if row.kind == "stub")


def _rows(found: SelfCheck) -> list[str]:
    rows = []
    for check in _checks(found):
        named = [row for row in found.rows if row.killed_by[:1] == (check,) and row.kind in ("mutant", "variant")]
        more = sum(check in row.killed_by[1:] for row in found.rows if row.kind in ("mutant", "variant"))
        words = [f"*{row.name}*" if row.kind == "variant" else row.name for row in named]
        words += [f"({more} more)"] if more else []
        rows.append(f"| {check} | {', '.join(words)} |")
    return rows
