"""The same-seed curve: on the worker's device, in float32, a right component trains as PyTorch does for a while.

Two right runs from the same seed part slowly, by rounding alone. How fast is measured on the worker itself: its null is
the distance between PyTorch and the suite's own reference, a hand-written copy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch

from grader.comparison import drawing
from grader.comparison.finding import Finding, World
from grader.comparison.run import Run
from grader.domain.errors import GraderFault
from grader.domain.picture import Mark, Picture
from grader.domain.verdict import Verdict
from grader.judge.suite import Solution

STEPS = 50
"""So many steps are compared; further on rounding may have grown to anything."""
LEAST = 1e-4
"""The smallest limit, relative to the loss. The weakest mistake that shows in a curve at all is some 1e-3."""
NULLS = 10
"""The limit is as many times the worker's own null."""
SMALL_LOSS = 0.1
"""Below it distances are taken as absolute ones of this size."""
SICK = 1e-3
"""A null above it is no rounding: a device that computes so is not used."""

Trains = Callable[[World, torch.Generator], Run]


@dataclass(frozen=True, kw_only=True)
class SameSeed:
    """An experiment on one curve, `loss` by default; the whole of it is drawn."""

    name: str
    task: str
    points: float
    hint: str
    title: str
    mine: Callable[[Solution, World, torch.Generator], Run]
    twin: Trains
    curve: str = "loss"
    pictures: Callable[[Run, Run], list[Picture]] = lambda _mine, _twin: []

    on_device: ClassVar[bool] = True
    is_costly: ClassVar[bool] = False

    def judge(self, solution: Solution, world: World) -> Finding:
        mine = self.mine(solution, world, world.draw(self.name))
        twin = self.twin(world, world.draw(self.name))
        limit = max(LEAST, NULLS * world.null(self.name))
        apart = _relative(mine.curves[self.curve], twin.curves[self.curve])
        first = next((step for step, value in enumerate(apart[:STEPS]) if not value <= limit), None)
        if first is not None and world.remeasure is not None:
            world.remeasure(self.name)
        pictures = self._pictures(mine, twin, first) if world.with_pictures else ()
        if first is None:
            return Finding(verdict=Verdict.ACCEPTED, pictures=pictures)
        got, wanted = mine.curves[self.curve][first], twin.curves[self.curve][first]
        start = (
            f"From the same start, on the same batches, your {self.curve} leaves PyTorch's at step {first + 1}: it is"
        )
        side = "below" if got < wanted else "above"
        off = f"{side} by {apart[first]:.1e} of it (allowed {limit:.0e}). A curve that falls faster is wrong as well."
        message = f"{start} {off if math.isfinite(got) else 'not finite.'}"
        return Finding(verdict=Verdict.WRONG_ANSWER, message=f"{message}\n{self.hint}", pictures=pictures)

    def null(self, reference: Solution, world: World) -> float:
        """Return how far the reference is from PyTorch, relatively. Raises `GraderFault` where it is no rounding."""
        mine = self.mine(reference, world, world.draw(self.name))
        twin = self.twin(world, world.draw(self.name))
        apart = max(_relative(mine.curves[self.curve], twin.curves[self.curve])[:STEPS])
        if not apart <= SICK:
            raise GraderFault(
                f"{self.name}: on {world.device} a right copy is {apart:.2g} from PyTorch, which is no rounding"
            )
        return apart

    def _pictures(self, mine: Run, twin: Run, first: int | None) -> tuple[Picture, ...]:
        marks = [] if first is None else [Mark(first + 1, "leaves PyTorch's curve")]
        losses = drawing.curves(
            self.name,
            self.task,
            name=self.curve,
            title=self.title,
            caption=f"The {self.curve} at each step, yours and PyTorch's, from the same weights on the same batches.",
            mine=mine.curves[self.curve],
            twin=twin.curves[self.curve],
            x=range(1, len(twin.curves[self.curve]) + 1),
        )
        return (losses.marked(marks), *self.pictures(mine, twin))


def _relative(mine: list[float], twin: list[float]) -> list[float]:
    """Return the distances of two curves, relative to the second; NaN where a value is none, or is missing."""
    padded = [*mine, *[float("nan")] * (len(twin) - len(mine))]
    return [abs(one - other) / max(abs(other), SMALL_LOSS) for one, other in zip(padded, twin, strict=False)]
