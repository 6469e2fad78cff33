"""Seed ensembles, for components that draw at random: no two runs are alike, so many are compared with many."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from grader.comparison import drawing
from grader.comparison.finding import Finding, World
from grader.comparison.references import References, references
from grader.comparison.statistics import REPLICATES, SEEDS, Strangeness, strangeness, worseness
from grader.domain.errors import GraderFault
from grader.domain.picture import Picture
from grader.domain.verdict import Verdict
from grader.judge.suite import Solution

BLOCKS = 2
"""A component fails when it is strange in one block of seeds, and in a second one as well."""


@dataclass(frozen=True)
class Sample:
    """Runs side by side: `values` (runs, k), a row of statistics for each; `curves` (runs, steps) by name."""

    values: Tensor
    curves: dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a curve of an ensemble is drawn."""

    title: str
    caption: str
    x_label: str = "step"
    y_label: str = "loss"
    log_y: bool = True
    x: Sequence[float] | None = None
    """The place of each value, where they are not counted from 0."""
    others: Callable[[World], Mapping[str, Sequence[float]]] = lambda _world: {}
    """More lines that are worth a look beside, by their names."""


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """An experiment on the problems 0, 1, 2, ..., each of them the same for everybody.

    `mine` makes one run of the solution on each of the problems, with random numbers of its own from the generator;
    `reference` makes so many runs of PyTorch's component on one problem. `statistics` names their k values.
    """

    name: str
    task: str
    points: float
    hint: str
    statistics: tuple[str, ...]
    mine: Callable[[Solution, World, Sequence[int], torch.Generator], Sample]
    reference: Callable[[World, int, int, torch.Generator], Sample]
    looks: dict[str, Look]
    """How the curves are drawn that both samples have."""
    margins: tuple[float, ...] = ()
    """Where the exercise leaves a choice to the student: how much worse each statistic, of which larger values are
    worse, may be on average. Then only what is worse counts. Without margins better is as wrong as worse."""
    wider: float = 1.0
    """By how much the limits are set apart for statistics with heavier tails than a normal law; `bench/calibrate.py`
    measures it."""
    pictures: Callable[[Sample, References], list[Picture]] = lambda _mine, _known: []
    """More pictures of the first block."""

    on_device: ClassVar[bool] = False
    is_costly: ClassVar[bool] = True

    def judge(self, solution: Solution, world: World) -> Finding:
        draw = world.draw(self.name)
        pictures: tuple[Picture, ...] = ()
        told = []
        for block in range(BLOCKS):
            known = self.known(world, block)
            sample = self.mine(solution, world, self.problems(block), draw)
            if block == 0 and world.with_pictures:
                pictures = (*self._curves(sample, known, world), *self.pictures(sample, known))
            strange = self.strange(sample.values, known.values)
            if not strange:
                return Finding(verdict=Verdict.ACCEPTED, pictures=pictures)
            told.append("; ".join(one.words for one in strange))
        message = (
            f"Over {SEEDS} seeds {told[0]}. A second block of {SEEDS} other seeds says so too: {told[1]}. "
            "Chance alone does this about once in 250,000 submissions."
        )
        return Finding(verdict=Verdict.WRONG_ANSWER, message=f"{message}\n{self.hint}", pictures=pictures)

    def null(self, reference: Solution, world: World) -> None:
        """Raise `GraderFault` where the suite's reference is not accepted, once the replicates are known."""
        found = self.judge(reference, world)
        if found.verdict is not Verdict.ACCEPTED:
            raise GraderFault(f"{self.name}: the suite's own reference is refused: {found.message}")

    def problems(self, block: int) -> range:
        """Return the numbers of a block's problems."""
        return range(block * SEEDS, (block + 1) * SEEDS)

    def known(self, world: World, block: int) -> References:
        """Return the reference's replicates on the problems of a block, computed now if nobody has done so yet."""

        def compute() -> tuple[Tensor, dict[str, Tensor]]:
            samples = [
                self.reference(world, problem, REPLICATES, torch.Generator().manual_seed(1_000_003 * problem + 17))
                for problem in self.problems(block)
            ]
            curves = {name: torch.cat([sample.curves[name] for sample in samples]) for name in self.looks}
            return torch.stack([sample.values for sample in samples]), curves

        return references(world, f"{self.name}-{block}", compute)

    def strange(self, values: Tensor, replicates: Tensor) -> list[Strangeness]:
        """Return what of a block is not as it should be: `values` (n, k) of a solution, `replicates` (n, R, k)."""
        if self.margins:
            return worseness(values, replicates, self.statistics, self.margins)
        return strangeness(values, replicates, self.statistics, self.wider)

    def _curves(self, sample: Sample, known: References, world: World) -> list[Picture]:
        found = []
        for name, look in self.looks.items():
            low, middle, high = known.curves[name]
            runs = len(sample.curves[name])
            found.append(
                drawing.curves(
                    self.name,
                    self.task,
                    name=name,
                    title=look.title,
                    caption=f"{look.caption} Your line is {f'the median of {runs} seeds' if runs > 1 else 'one run'}, "
                    "the band holds nine tenths of PyTorch's runs.",
                    mine=sample.curves[name].double().median(0).values.tolist(),
                    twin=middle,
                    x=look.x,
                    x_label=look.x_label,
                    y_label=look.y_label,
                    log_y=look.log_y,
                    band=(low, high),
                    others=look.others(world),
                )
            )
        return found
