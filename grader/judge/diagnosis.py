"""The bank of misconceptions: a submission that behaves like a known wrong solution is told which one.

Each mutant of a suite is a small wrong (or merely different) solution with a teacher's sentence. The suite's
`probe.py` asks a function for facts on fixed inputs; the facts of all mutants are gathered once, when the judge warms
up for the first time, and a failing function's facts are then compared with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from grader import judge, sandbox
from grader.domain.exercise import Exercise
from grader.domain.misconception import Misconception
from grader.judge.faults import SolutionFault
from grader.judge.in_the_open import OpenChannel
from grader.judge.kept import code_of, kept, key_of
from grader.judge.misconceptions import Mutant, read_mutants
from grader.judge.reference import load_module
from grader.judge.suite import Solution
from grader.sandbox import wire

Facts = Sequence[torch.Tensor | str]
Gathered = dict[str, tuple[Facts, list[int]]]
"""For each mutant its facts, and at which of them it differs from the reference."""
_LIMITS = wire.Limits(body_bytes=1 << 30, values=1 << 20)
SAME_BEHAVIOUR = 1e-6
"""Relative distance up to which two float64 trajectories are the same mistake. Rounding stays below 1e-9, and the
self-check makes sure that every mutant is told as itself, so the mutants of a bank lie further apart than this."""


@dataclass
class Bank:
    """The mutants of one suite, and the facts that tell them apart."""

    exercise: Exercise
    reference: dict[str, Any]
    mutants: tuple[Mutant, ...]
    probe: Callable[[str, Solution], Facts]
    _facts: dict[str, Facts] = field(default_factory=dict)
    _wrong: dict[str, frozenset[int]] = field(default_factory=dict)
    """For each mutant, at which of its facts it differs from the reference."""

    @classmethod
    def load(cls, suite: Path, exercise: Exercise, reference: dict[str, Any]) -> Bank:
        """Read a suite's bank. Raises `ManifestError`."""
        return cls(exercise, reference, read_mutants(suite, exercise), load_module(suite / "probe.py")["probe"])

    def prepare(self, folder: Path, version: str) -> None:
        """Gather the facts of the reference and of every mutant, or find them in a folder where an earlier process has
        left those of this version of the suite.
        """
        code = [code_of(package) for package in (Path(judge.__file__).parent, Path(sandbox.__file__).parent)]
        cpu = torch.backends.cpu.get_cpu_capability()
        name = f"{self.exercise.slug}-{key_of(version, torch.__version__, cpu, *code)}"
        gathered = kept(folder / "facts" / name, read=_read, compute=self._gather, write=_written)
        for mutant in self.mutants:
            self._facts[mutant.name], wrong = gathered[mutant.name]
            self._wrong[mutant.name] = frozenset(wrong)

    def _gather(self) -> Gathered:
        expected = {task.function: self.probe(task.function, self.right) for task in self.exercise.tasks}
        gathered: Gathered = {}
        for mutant in self.mutants:
            facts = list(self.probe(mutant.function, self._solution_of(mutant)))
            gathered[mutant.name] = facts, sorted(differing(facts, expected[mutant.function]))
        return gathered

    @property
    def right(self) -> Solution:
        """The suite's reference, called in this process."""
        return Solution(OpenChannel(self.reference), self.exercise, self.reference)

    def suspects(self, function: str) -> Iterator[tuple[Misconception, Solution]]:
        """Yield each known wrong solution of a function, to be called in this process, with what it is told as."""
        task = next(task.id for task in self.exercise.tasks if task.function == function)
        for mutant in self.mutants:
            if mutant.function == function:
                yield self._told(mutant, task), self._solution_of(mutant)

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
        """Return the mutants that a submission agrees with wherever they are wrong: it may make several mistakes.

        A mutant whose wrong facts are all among another match's says less than that one, and is left out.
        """
        wrong = self._wrong
        matches = [
            mutant
            for mutant in self.mutants
            if mutant.function == function
            and wrong[mutant.name]  # one that no fact tells from the reference would match everybody
            and agree_at(wrong[mutant.name], facts, self._facts[mutant.name])
        ]
        return [one for one in matches if not any(wrong[one.name] < wrong[other.name] for other in matches)]

    def _solution_of(self, mutant: Mutant) -> Solution:
        return Solution(OpenChannel(load_module(mutant.path, self.reference)), self.exercise, self.reference)

    def _told(self, mutant: Mutant, task: str) -> Misconception:
        return Misconception(mutant.name, mutant.sentence, task, mutant.is_variant)


def _read(data: bytes) -> Gathered | None:
    try:
        gathered: Gathered = wire.decode_frame(data, _LIMITS)
    except wire.BadFrame:  # cut short by a full disk: as good as none
        return None
    return gathered


def _written(gathered: Gathered) -> bytes:
    return wire.encode(gathered, _LIMITS)


def differing(facts: Facts, others: Facts) -> frozenset[int]:
    """Return where two lists of facts disagree; lists of different length (a probe that gave up) disagree everywhere.

    Texts agree when they are equal, tensors within `SAME_BEHAVIOUR` in their maximum norm.
    """
    if len(facts) != len(others):
        return frozenset(range(max(len(facts), len(others))))
    pairs = enumerate(zip(facts, others, strict=True))
    return frozenset(place for place, (one, other) in pairs if not _agree(one, other))


def agree_at(places: frozenset[int], facts: Facts, others: Facts) -> bool:
    """Tell whether two lists of facts, of the same length, agree at each of these places that they have."""
    if len(facts) != len(others):
        return False
    return all(_agree(facts[place], others[place]) for place in places if place < len(facts))


def _agree(one: torch.Tensor | str, other: torch.Tensor | str) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one == other
    if one.shape != other.shape:
        return False
    left, right = one.double(), other.double()
    apart = (left - right).abs().nan_to_num(nan=float("inf")).masked_fill(left.isnan() & right.isnan(), 0.0)
    scale = right[right.isfinite()].abs().max() if bool(right.isfinite().any()) else torch.tensor(0.0)
    return bool((apart.masked_fill(left == right, 0.0) <= SAME_BEHAVIOUR * scale).all())
