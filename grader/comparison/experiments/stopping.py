"""EarlyStopping in training: it says where to end, and the training goes on to show what stopping would have saved."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from grader.comparison.case import Case
from grader.comparison.experiments.epochs import Epochs
from grader.comparison.experiments.watching import BLOWN_UP, CLASSES, FEATURES, LOSS, life, number, shown, told
from grader.comparison.networks import Mlp
from grader.comparison.parity import SINGLE_PRECISION, Parity
from grader.comparison.problems import Labelled, clusters
from grader.comparison.run import Run, distances
from grader.domain.picture import Mark, Picture, Role, Series
from grader.judge.suite import Solution


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


def _stopping_case(name: str, task: str, words: str, training: Overfit, *, is_drawn: bool) -> Case:
    def mine(solution: Solution, draw: torch.Generator) -> Run:
        curves = _overfit(draw.initial_seed(), training.metric, training.unseen, training.rate, training.wild)
        lived = life(solution.EarlyStopping, training.settings, curves["metric"], beside=training.beside)
        bests = [_plain(moment.attributes["best"]) for moment in lived.moments]
        return _stopping_run(curves, lived.results, bests)

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
                f"{told(training.settings)}. It is trained to the end here, to show what stopping saves.",
                x_label="epoch",
                y_label=training.metric,
                series=tuple(lines),
                marks=tuple(_marks(mine, twin)),
            )
        ]

    return Case(mine=mine, twin=twin, pictures=pictures)


_OVERFITS = Mlp((FEATURES, 24, CLASSES))
_FEW, _WRONG, _STOPPING_EPOCHS = 32, 5, 36
_WILD_RATE = 1e4


@functools.lru_cache(maxsize=32)  # the same training for a student's solution and for every known mistake
def _overfit(seed: int, metric: str, unseen: int, rate: float, wild: tuple[int, ...]) -> dict[str, list[float]]:
    """Train on a few samples, some of them with a wrong label; return the curves, the "metric" among them."""
    draw = torch.Generator().manual_seed(seed)
    labelled = clusters(draw, features=FEATURES, classes=CLASSES, count=512)
    labels = labelled.y_train[:_FEW].clone()
    labels[:_WRONG] = (labels[:_WRONG] + 1) % CLASSES
    few = Labelled(
        labelled.x_train[:_FEW], labels, labelled.x_test[:unseen], labelled.y_test[:unseen], labelled.classes
    )
    training = Epochs(_OVERFITS, few, draw, epochs=_STOPPING_EPOCHS, steps=2, undone_above=BLOWN_UP)
    metrics = [
        shown(metric, training.train(_WILD_RATE if epoch in wild else rate), unseen)
        for epoch in range(_STOPPING_EPOCHS)
    ]
    return {**training.run.curves, "metric": metrics}


def _stopping_run(curves: Mapping[str, list[float]], stops: Sequence[bool], bests: Sequence[float]) -> Run:
    # An answer counts as 1 or 2: a distance relative to zero would be infinite.
    states = [{"the answer": number(1 + stop), "best": number(best)} for stop, best in zip(stops, bests, strict=True)]
    return Run(states, {**curves, "stop": [float(stop) for stop in stops], "best": list(bests)})


def _marks(mine: Run, twin: Run) -> list[Mark]:
    """Return where each says for the first time that the training should end."""
    ends = [(run.curves["stop"].index(1.0) if 1.0 in run.curves["stop"] else None) for run in (mine, twin)]
    if ends[0] == ends[1]:
        return [] if ends[0] is None else [Mark(ends[0], "it ends here")]
    named = zip(ends, ("you end it here", "the rule ends it here"), strict=True)
    return [Mark(end, words) for end, words in named if end is not None]


def _plain(value: Any) -> float:
    """Return an attribute that may hold anything as a number, NaN for what is none."""
    if isinstance(value, Tensor) and not value.dim() and not value.is_complex():
        value = value.item()
    if type(value) not in (int, float):
        return math.nan
    try:
        return float(value)
    except OverflowError:  # an int that no float can hold
        return math.inf if value > 0 else -math.inf
