"""The bank of misconceptions: a submission that behaves like a known wrong solution is told which one.

Each mutant of a suite is a small wrong (or merely different) solution with a teacher's sentence. The suite's
`probe.py` asks a function for facts on fixed inputs; the facts of all mutants are gathered once, when the judge warms
up, and a failing function's facts are then compared with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from grader.domain.exercise import Exercise
from grader.domain.report import Misconception
from grader.judge.faults import SolutionFault
from grader.judge.in_the_open import OpenChannel
from grader.judge.misconceptions import Mutant, read_mutants
from grader.judge.reference import load_module
from grader.judge.suite import Solution

Facts = Sequence[torch.Tensor | str]
SAME_BEHAVIOUR = 1e-6
"""Relative distance up to which two float64 trajectories are the same mistake: rounding stays below 1e-9, and the
mutants of a bank lie at least 1e-4 apart from each other and from the reference (the self-check holds them to it)."""


@dataclass
class Bank:
    """The mutants of one suite, and the facts that tell them apart."""

    exercise: Exercise
    reference: dict[str, Any]
    mutants: tuple[Mutant, ...]
    probe: Callable[[str, Solution], Facts]
    _facts: dict[str, Facts] = field(default_factory=dict)
    _right: dict[str, Facts] = field(default_factory=dict)

    @classmethod
    def load(cls, suite: Path, exercise: Exercise, reference: dict[str, Any]) -> Bank:
        """Read a suite's bank. Raises `ManifestError`."""
        return cls(exercise, reference, read_mutants(suite, exercise), load_module(suite / "probe.py")["probe"])

    def prepare(self) -> None:
        """Gather the facts of the reference and of every mutant."""
        right = Solution(OpenChannel(self.reference), self.exercise, self.reference)
        self._right = {task.function: self.probe(task.function, right) for task in self.exercise.tasks}
        for mutant in self.mutants:
            names = load_module(mutant.path, self.reference)
            solution = Solution(OpenChannel(names), self.exercise, self.reference)
            self._facts[mutant.name] = self.probe(mutant.function, solution)

    def diagnose(self, solution: Solution, failed_tasks: set[str]) -> list[Misconception]:
        """Return the misconceptions that the failing functions of a submission match, in the order of the tasks."""
        found = []
        for task in self.exercise.tasks:
            if task.id in failed_tasks:
                try:
                    facts = self.probe(task.function, solution)
                except SolutionFault:
                    continue  # a function that cannot be probed matches nothing
                found += [self._told(mutant, task.id) for mutant in self._like(facts, task.function)]
        return found

    def _like(self, facts: Facts, function: str) -> list[Mutant]:
        if same(facts, self._right[function]):
            return []
        candidates = [mutant for mutant in self.mutants if mutant.function == function]
        return [mutant for mutant in candidates if same(facts, self._facts[mutant.name])]

    def _told(self, mutant: Mutant, task: str) -> Misconception:
        return Misconception(mutant.name, mutant.sentence, task, mutant.is_variant)

    def alike(self) -> list[tuple[str, str]]:
        """Return the pairs of mutants of one function that the probe cannot tell apart (or from `reference`)."""
        pairs = []
        for index, one in enumerate(self.mutants):
            if same(self._facts[one.name], self._right[one.function]):
                pairs.append((one.name, "reference"))
            for other in self.mutants[index + 1 :]:
                if one.function == other.function and same(self._facts[one.name], self._facts[other.name]):
                    pairs.append((one.name, other.name))
        return pairs


def same(facts: Facts, others: Facts) -> bool:
    """Tell whether two lists of facts agree: equal texts, tensors within `SAME_BEHAVIOUR` in their maximum norm."""
    return len(facts) == len(others) and all(_agree(one, other) for one, other in zip(facts, others, strict=True))


def _agree(one: torch.Tensor | str, other: torch.Tensor | str) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one == other
    if one.shape != other.shape:
        return False
    left, right = one.double(), other.double()
    apart = (left - right).abs().nan_to_num(nan=float("inf")).masked_fill(left.isnan() & right.isnan(), 0.0)
    scale = right[right.isfinite()].abs().max() if bool(right.isfinite().any()) else torch.tensor(0.0)
    return bool((apart.masked_fill(left == right, 0.0) <= SAME_BEHAVIOUR * scale).all())
