"""The bank of known wrong solutions, as a suite's `misconceptions.toml` lists them. Nothing is run here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from grader.catalog import TomlTable
from grader.domain.exercise import Exercise


class InTraining(StrEnum):
    """Whether a mistake shows in the training comparison."""

    SHOWS = "shows"
    SILENT = "silent"  # a run of training cannot show it: invalid settings, changed arguments, shapes that do not occur
    MAY_SHOW = "may show"  # only by chance: it moves what an ensemble looks at by less than the seeds do


@dataclass(frozen=True)
class Mutant:
    """One known wrong solution: what it is called, what it shows, and the check that must notice it."""

    name: str
    function: str
    sentence: str
    killed_by: str
    is_variant: bool
    in_training: InTraining
    path: Path


def read_mutants(suite: Path, exercise: Exercise) -> tuple[Mutant, ...]:
    """Read `misconceptions.toml`. Raises `ManifestError`."""
    table = TomlTable.read(suite / "misconceptions.toml")
    functions = [task.function for task in exercise.tasks]
    mutants = []
    for row in table.tables("misconceptions"):
        name = row.text("name")
        mutant = Mutant(
            name=name,
            function=row.text("function"),
            sentence=row.text("sentence"),
            killed_by=row.text("killed_by"),
            is_variant=row.flag("variant", default=False),
            in_training=_in_training(row),
            path=suite / "mutants" / f"{name}.py",
        )
        row.done()
        if mutant.function not in functions:
            row.refuse("function", f"one of {', '.join(functions)}", mutant.function)
        if not mutant.path.is_file():
            row.refuse("name", f"a file mutants/{name}.py", name)
        mutants.append(mutant)
    table.done()
    return tuple(mutants)


def _in_training(row: TomlTable) -> InTraining:
    words = [word.value for word in InTraining]
    told = row.text("in_training", InTraining.SHOWS.value)
    if told not in words:
        row.refuse("in_training", f"one of {', '.join(words)}", told)
    return InTraining(told)
