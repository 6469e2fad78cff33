"""What an experiment is given, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from grader.domain.misconception import Misconception
from grader.domain.picture import Picture
from grader.domain.verdict import Verdict
from grader.judge.suite import Solution, generator_for


@dataclass(frozen=True, kw_only=True)
class Finding:
    """How an experiment ended. `message` is for the student: it holds no hidden value."""

    verdict: Verdict
    message: str = ""
    pictures: tuple[Picture, ...] = ()
    misconceptions: tuple[Misconception, ...] = ()


@dataclass(frozen=True)
class Suspect:
    """A known wrong solution of one function, in this process, ready to repeat a run."""

    misconception: Misconception
    solution: Solution


@dataclass(frozen=True, kw_only=True)
class World:
    """What a comparison happens in: the job's seed, the device, and what is known of both."""

    seed: int
    device: torch.device = torch.device("cpu")
    null: Callable[[str], float] = lambda _name: 0.0
    """Tells by an experiment's name how far a right copy is from PyTorch on this device; see `same_seed`."""
    remeasure: Callable[[str], float] | None = None
    """Measures the null of an experiment again: a device that has gone bad since is no fault of a student's."""
    suspects: Callable[[str], Iterator[Suspect]] = lambda _function: iter(())
    """The known wrong solutions of a function."""
    data: str = "synthetic"
    folder: Path = Path()
    """The data set that the manifest asks for, and where fetched data and computed references are kept."""
    version: str = ""
    """The version of the suite: what was computed once for it holds for no other."""
    with_pictures: bool = True

    def draw(self, name: str) -> torch.Generator:
        """Return the random generator, on the CPU, of whatever is called so: always the same for one seed."""
        return generator_for(self.seed, name)


class Experiment(Protocol):
    """One comparison of a submission with PyTorch: a check of the report."""

    @property
    def name(self) -> str: ...

    @property
    def task(self) -> str: ...

    @property
    def points(self) -> float: ...

    @property
    def hint(self) -> str: ...

    @property
    def on_device(self) -> bool:
        """Whether it trains on the worker's device; what is compared in float64 stays on the CPU."""
        ...

    @property
    def is_costly(self) -> bool:
        """Whether its `null` is left to the self-check: it would keep a worker from starting."""
        ...

    def judge(self, solution: Solution, world: World) -> Finding:
        """Compare the solution with PyTorch. Raises `SolutionFault` for what the student's code does wrong."""
        ...

    def null(self, reference: Solution, world: World) -> float | None:
        """Hold the suite's own reference against PyTorch; return the distance that means nothing, if there is one.

        Raises `GraderFault` where the two differ: such an experiment, or such a device, judges nobody.
        """
        ...
