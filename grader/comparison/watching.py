"""Training that is watched: an object of the student's is shown a metric after each epoch, and answers.

An object of ReduceOnPlateau gives the learning rate of the next epoch, so its answer decides what it is shown next. One
of EarlyStopping says where to end; the training goes on regardless, so that what comes after is seen as well.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.optim.lr_scheduler import ReduceLROnPlateau

from grader.comparison import drawing
from grader.comparison.case import Case
from grader.comparison.epochs import Epochs
from grader.comparison.networks import Mlp
from grader.comparison.parity import SINGLE_PRECISION, Parity
from grader.comparison.problems import Labelled, clusters
from grader.comparison.run import Run, distances
from grader.domain.picture import Mark, Picture, Role, Series
from grader.judge.suite import Solution, SolutionFunction, Trace

LOSS, LOG_LIKELIHOOD, ACCURACY, ERRORS = "unseen loss", "log-likelihood", "accuracy", "number of errors"
"""The metrics that a training may be watched by, all of them on unseen data. A log-likelihood is a negated loss."""

_FEATURES, _CLASSES = 6, 4
_BLOWN_UP = 10.0
"""An unseen loss above it is called NaN, where a training says so, and the epoch is undone."""


@dataclass(frozen=True, kw_only=True)
class Plateau:
    """A training whose rate an object of ReduceOnPlateau decides, softmax regression with noisy gradients."""

    settings: Mapping[str, Any]
    metric: str = LOSS
    epochs: int = 30
    unseen: int = 96
    """How many unseen samples are looked at: with few of them an accuracy is often what it was before."""
    undoes: bool = False
    """Whether an epoch that blows up is undone, and its metric NaN."""
    beside: bool = False
    """Whether another object lives at the same time, with the same settings and metrics a tenth as large."""

    def train(self, draw: torch.Generator, decide: Callable[[list[float]], Mapping[str, float]]) -> Run:
        """Train; `decide` is shown the metrics so far, none at first, and returns the next rate as "lr".

        What it returns is the state of each epoch, and the curves are "lr" and "metric".
        """
        labelled = clusters(draw, features=_FEATURES, classes=_CLASSES)
        labelled = replace(labelled, x_test=labelled.x_test[: self.unseen], y_test=labelled.y_test[: self.unseen])
        training = Epochs(
            Mlp((_FEATURES, _CLASSES)),
            labelled,
            draw,
            epochs=self.epochs,
            steps=2,
            undone_above=_BLOWN_UP if self.undoes else None,
        )
        run, metrics = Run(), list[float]()
        for _ in range(self.epochs):
            decided = decide(metrics)
            run.states.append({name: _number(value) for name, value in decided.items()})
            metrics.append(_shown(self.metric, training.train(decided["lr"]), self.unseen))
            run.note("lr", decided["lr"])
        run.curves["metric"] = metrics
        return run


@dataclass(frozen=True, kw_only=True)
class Overfit:
    """A training that learns its few samples by heart, and the settings of the EarlyStopping that watches it."""

    settings: Mapping[str, Any]
    metric: str = LOSS
    unseen: int = 128
    """How many unseen samples are looked at."""
    rate: float = 0.7
    wild: tuple[int, ...] = ()
    """Epochs that are trained at a rate far too large, blow up, and are undone."""
    beside: bool = False
    """Whether another object lives at the same time, with the same settings and metrics a tenth as large."""


def reduce_on_plateau(
    *, name: str, task: str, points: float, hint: str, trainings: Mapping[str, Plateau]
) -> Parity:
    """Return the comparison of rates that answer to a training; the first is drawn, and another one where it fails."""
    cases = {
        words: _plateau_case(name, task, words, training, is_drawn=place == 0)
        for place, (words, training) in enumerate(trainings.items())
    }
    return Parity(
        name=name,
        task=task,
        function="ReduceOnPlateau",
        points=points,
        hint=hint,
        cases=cases,
        counted_from=0,
        unit="epoch",
    )


def early_stopping(*, name: str, task: str, points: float, hint: str, trainings: Mapping[str, Overfit]) -> Parity:
    """Return the comparison of where a training should end; the first is drawn, and another one where it fails."""
    cases = {
        words: _stopping_case(name, task, words, training, is_drawn=place == 0)
        for place, (words, training) in enumerate(trainings.items())
    }
    return Parity(
        name=name,
        task=task,
        function="EarlyStopping",
        points=points,
        hint=hint,
        cases=cases,
        counted_from=0,
        unit="epoch",
    )


def stopping_rule(
    metrics: Sequence[float], *, patience: int, min_delta: float = 0.0, mode: str = "min"
) -> tuple[list[bool], list[float]]:
    """Return for each epoch whether to stop after it, and the best metric so far: the rule of the exercise.

    PyTorch has none, so it is written out here.
    """
    sign = 1.0 if mode == "min" else -1.0
    best, improved_at = math.inf, -1
    stops, bests = [], []
    for epoch, metric in enumerate(metrics):
        if sign * metric < best - min_delta:  # never so for NaN
            best, improved_at = sign * metric, epoch
        stops.append(epoch - improved_at >= patience)
        bests.append(sign * best)
    return stops, bests


def _plateau_case(name: str, task: str, words: str, training: Plateau, *, is_drawn: bool) -> Case:
    def mine(solution: Solution, draw: torch.Generator) -> Run:
        def decide(metrics: list[float]) -> dict[str, float]:
            life = _life(solution.ReduceOnPlateau, training, metrics)
            if not life.moments:
                return {"lr": life.start["lr"], "the attribute lr": life.start["lr"]}
            return {"lr": life.results[-1], "the attribute lr": life.moments[-1].attributes["lr"]}

        return training.train(draw, decide)

    def twin(_mine: Run, draw: torch.Generator) -> Run:
        settings = {**training.settings}
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=settings.pop("base_lr"))
        scheduler = ReduceLROnPlateau(optimizer, **settings)

        def decide(metrics: list[float]) -> dict[str, float]:
            if metrics:
                scheduler.step(metrics[-1])
            rate = float(optimizer.param_groups[0]["lr"])
            return {"lr": rate, "the attribute lr": rate}

        return training.train(draw, decide)

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        if not is_drawn and max(distances(mine, twin)) <= SINGLE_PRECISION:
            return []
        ending = "" if is_drawn else "-apart"
        return [
            drawing.curves(
                name,
                task,
                name=f"rates{ending}",
                title="The learning rates of ReduceOnPlateau",
                caption=f"{words}: the learning rate of each epoch with {_told(training.settings)}.",
                mine=mine.curves["lr"],
                twin=twin.curves["lr"],
                x_label="epoch",
                y_label="learning rate",
                log_y=False,
            ),
            drawing.curves(
                name,
                task,
                name=f"metric{ending}",
                title=f"The {training.metric} that it is shown",
                caption=f"{words}: what each epoch at these rates led to. Where the {training.metric} stands still, "
                "the rate falls, and a smaller rate lets it settle lower.",
                mine=mine.curves["metric"],
                twin=twin.curves["metric"],
                x_label="epoch",
                y_label=training.metric,
                log_y=False,
            ),
        ]

    return Case(mine=mine, twin=twin, pictures=pictures)


def _stopping_case(name: str, task: str, words: str, training: Overfit, *, is_drawn: bool) -> Case:
    def mine(solution: Solution, draw: torch.Generator) -> Run:
        curves = _overfit(draw.initial_seed(), training.metric, training.unseen, training.rate, training.wild)
        life = _life(solution.EarlyStopping, training, curves["metric"])
        bests = [_plain(moment.attributes["best"]) for moment in life.moments]
        return _stopping_run(curves, life.results, bests)

    def twin(mine: Run, _draw: torch.Generator) -> Run:
        stops, bests = stopping_rule(mine.curves["metric"], **training.settings)
        return _stopping_run(mine.curves, stops, bests)

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        if not is_drawn and max(distances(mine, twin)) <= SINGLE_PRECISION:
            return []
        ending = "" if is_drawn else "-apart"
        lines = [
            Series.of(training.metric, Role.OTHER, mine.curves["metric"]),
            Series.of("best, by the rule", Role.REFERENCE, twin.curves["best"]),
            Series.of("best, yours", Role.YOURS, mine.curves["best"]),
        ]
        if training.metric == LOSS:
            lines.insert(0, Series.of("training loss", Role.OTHER, mine.curves["training loss"]))
        return [
            Picture(
                name=f"{name}-metric{ending}",
                check=name,
                task=task,
                title="Where EarlyStopping ends the training",
                caption=f"{words}: the {training.metric} after each epoch and the best so far, with "
                f"{_told(training.settings)}. It is trained to the end here, to show what stopping saves.",
                x_label="epoch",
                y_label=training.metric,
                series=tuple(lines),
                marks=tuple(_marks(mine, twin)),
            )
        ]

    return Case(mine=mine, twin=twin, pictures=pictures)


_OVERFITS = Mlp((_FEATURES, 24, _CLASSES))
_FEW, _WRONG, _STOPPING_EPOCHS = 32, 5, 36
_WILD_RATE = 1e4


@functools.lru_cache(maxsize=32)  # the same training for a student's solution and for every known mistake
def _overfit(seed: int, metric: str, unseen: int, rate: float, wild: tuple[int, ...]) -> dict[str, list[float]]:
    """Train on a few samples, some of them with a wrong label; return the curves, the "metric" among them."""
    draw = torch.Generator().manual_seed(seed)
    labelled = clusters(draw, features=_FEATURES, classes=_CLASSES, count=512)
    labels = labelled.y_train[:_FEW].clone()
    labels[:_WRONG] = (labels[:_WRONG] + 1) % _CLASSES
    few = Labelled(
        labelled.x_train[:_FEW], labels, labelled.x_test[:unseen], labelled.y_test[:unseen], labelled.classes
    )
    training = Epochs(_OVERFITS, few, draw, epochs=_STOPPING_EPOCHS, steps=2, undone_above=_BLOWN_UP)
    metrics = [
        _shown(metric, training.train(_WILD_RATE if epoch in wild else rate), unseen)
        for epoch in range(_STOPPING_EPOCHS)
    ]
    return {**training.run.curves, "metric": metrics}


def _life(function: SolutionFunction, training: Plateau | Overfit, metrics: Sequence[float]) -> Trace:
    """Live through an object that is shown these metrics, from its start. Raises `SolutionFault`."""
    settings = dict(training.settings)
    beside = (settings, [(metric / 10,) for metric in metrics]) if training.beside else None
    return function.trace(settings, [(metric,) for metric in metrics], beside=beside)


def _stopping_run(curves: Mapping[str, list[float]], stops: Sequence[bool], bests: Sequence[float]) -> Run:
    # An answer counts as 1 or 2: a distance relative to zero would be infinite.
    states = [{"the answer": _number(1 + stop), "best": _number(best)} for stop, best in zip(stops, bests, strict=True)]
    return Run(states, {**curves, "stop": [float(stop) for stop in stops], "best": list(bests)})


def _marks(mine: Run, twin: Run) -> list[Mark]:
    """Return where each says for the first time that the training should end."""
    ends = [(run.curves["stop"].index(1.0) if 1.0 in run.curves["stop"] else None) for run in (mine, twin)]
    if ends[0] == ends[1]:
        return [] if ends[0] is None else [Mark(ends[0], "it ends here")]
    told = zip(ends, ("you end it here", "the rule ends it here"), strict=True)
    return [Mark(end, words) for end, words in told if end is not None]


def _shown(metric: str, looked_at: tuple[float, float], count: int) -> float:
    loss, accuracy = looked_at
    return {LOSS: loss, LOG_LIKELIHOOD: -loss, ACCURACY: accuracy, ERRORS: count - count * accuracy}[metric]


def _plain(value: Any) -> float:
    """Return an attribute that may hold anything as a number, NaN for what is none."""
    if isinstance(value, Tensor) and not value.dim() and not value.is_complex():
        value = value.item()
    if type(value) not in (int, float):
        return math.nan
    return float(value) if abs(value) < _HUGE else math.copysign(math.inf, value)


_HUGE = 10**308  # an int, so that it can be compared with ints that no float holds


def _number(value: float) -> Tensor:
    return torch.tensor(float(value), dtype=torch.float64)


def _told(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in settings.items())
