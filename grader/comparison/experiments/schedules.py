"""The comparison of a schedule: its learning rates beside those of PyTorch's scheduler, and the training under them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from grader.comparison import drawing
from grader.comparison.case import Case
from grader.comparison.experiments.epochs import Epochs
from grader.comparison.finding import World
from grader.comparison.networks import Mlp
from grader.comparison.parity import SINGLE_PRECISION, Parity
from grader.comparison.problems import data_of
from grader.comparison.run import Run, distances
from grader.comparison.same_seed import SameSeed
from grader.domain.picture import Picture
from grader.judge.suite import Solution, Step

_HIDDEN = 10


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """One schedule, as the student's function is asked for it and as PyTorch has it."""

    settings: Mapping[str, Any]
    """What the function is called with, `base_lr` among it."""
    scheduler: Callable[[Optimizer], LRScheduler]
    epochs: int
    """The rates of so many epochs are compared."""
    stride: int = 1
    """How far the numbers of two epochs are apart: above 1 the schedule counts steps, and an epoch has so many."""
    again: int | None = None
    """From which epoch on all are asked for a second time, as in a training that goes on where it was broken off."""
    ends: tuple[int, float] | None = None
    """From which number on the rate stays at which value, where PyTorch's scheduler goes on otherwise."""

    @property
    def base_lr(self) -> float:
        return float(self.settings["base_lr"])

    def asked(self, solution: Solution, function: str) -> list[float]:
        """Return the student's rate of each epoch, the last that was given, in one exchange. Raises `SolutionFault`."""
        once, again = range(self.epochs), range(self.epochs if self.again is None else self.again, self.epochs)
        calls = [Step((self.stride * epoch,), dict(self.settings)) for epoch in (*once, *again)]
        rates: list[float] = getattr(solution, function).many(calls)
        return rates[: self.epochs - len(again)] + rates[self.epochs :]

    def pytorchs(self) -> list[float]:
        """Return the rate of each epoch under PyTorch's scheduler."""
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=self.base_lr)
        scheduler = self.scheduler(optimizer)
        rates: list[float] = []
        optimizer.step()  # PyTorch warns of a scheduler that moves before its optimizer
        for number in range(self.stride * (self.epochs - 1) + 1):
            if number % self.stride == 0:
                rates.append(float(optimizer.param_groups[0]["lr"]))
            scheduler.step()
        if self.ends is None:
            return rates
        last, rate = self.ends
        return [was if self.stride * epoch < last else rate for epoch, was in enumerate(rates)]


def trace(
    *,
    name: str,
    task: str,
    function: str,
    points: float,
    hint: str,
    schedules: Mapping[str, Schedule],
    to_base: bool = False,
    unit: str = "epoch",
) -> Parity:
    """Return the comparison of learning rates in float64; the first of the schedules is drawn, others where they fail.

    With `to_base` distances are relative to `base_lr`: a cosine ends at zero, where rounding is all that there is.
    """
    return Parity(
        name=name,
        task=task,
        function=function,
        points=points,
        hint=hint,
        cases={
            words: _trace_case(name, task, function, words, schedule, to_base, unit, is_drawn=place == 0)
            for place, (words, schedule) in enumerate(schedules.items())
        },
        counted_from=0,
        unit=unit,
    )


def curve(
    *,
    name: str,
    task: str,
    function: str,
    points: float,
    hint: str,
    schedule: Schedule,
    steps: int,
    unit: str = "epoch",
) -> SameSeed:
    """Return the float32 comparison of the training under a schedule whose rates change after every `steps` steps."""

    def train(rates: Sequence[float], world: World, draw: torch.Generator) -> Run:
        labelled = data_of(world, draw).to(world.device, torch.float32)
        network = Mlp((labelled.x_train.shape[1], _HIDDEN, labelled.classes))
        training = Epochs(network, labelled, draw, epochs=len(rates), steps=steps)
        for rate in rates:
            training.train(rate)
        return training.run

    def mine(solution: Solution, world: World, draw: torch.Generator) -> Run:
        return train(schedule.asked(solution, function), world, draw)

    def twin(world: World, draw: torch.Generator) -> Run:
        run = train(schedule.pytorchs(), world, draw)
        if world.with_pictures:
            flat = train([schedule.base_lr] * schedule.epochs, world, world.draw(name))
            run.curves["unseen loss, lr never changed"] = flat.curves["unseen loss"]
        return run

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        return [
            drawing.curves(
                name,
                task,
                name="unseen",
                title=f"Loss on unseen data at the rates of {function}",
                caption="The loss on data that is not trained on, beside that of the same training at base_lr "
                "throughout: with large steps it goes up and down, with smaller ones it settles.",
                mine=mine.curves["unseen loss"],
                twin=twin.curves["unseen loss"],
                x_label=unit,
                others={"lr never changed": twin.curves["unseen loss, lr never changed"]},
            )
        ]

    title = f"Training a small network at the rates of {function}"
    return SameSeed(
        name=name, task=task, points=points, hint=hint, title=title, mine=mine, twin=twin, pictures=pictures
    )


def _trace_case(
    name: str,
    task: str,
    function: str,
    words: str,
    schedule: Schedule,
    to_base: bool,
    unit: str,
    *,
    is_drawn: bool,
) -> Case:
    def run_of(rates: Sequence[float]) -> Run:
        run = Run(curves={"lr": list(rates)})
        base = {"lr/base_lr": _number(schedule.base_lr)} if to_base else {}
        run.states = [{"lr/lr": _number(rate), **base} for rate in rates]
        return run

    def mine(solution: Solution, _draw: torch.Generator) -> Run:
        return run_of(schedule.asked(solution, function))

    def twin(_mine: Run, _draw: torch.Generator) -> Run:
        return run_of(schedule.pytorchs())

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        if not is_drawn and max(distances(mine, twin)) <= SINGLE_PRECISION:
            return []
        settings = ", ".join(f"{key}={value:g}" for key, value in schedule.settings.items())
        return [
            drawing.curves(
                name,
                task,
                name="rates" if is_drawn else "rates-apart",
                title=f"The learning rates of {function}",
                caption=f"{words}: the learning rate of each {unit} with {settings}, yours and PyTorch's.",
                mine=mine.curves["lr"],
                twin=twin.curves["lr"],
                x=range(0, schedule.epochs * schedule.stride, schedule.stride),
                x_label=unit,
                y_label="learning rate",
                log_y=False,
            )
        ]

    return Case(mine=mine, twin=twin, pictures=pictures)


def _number(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)
