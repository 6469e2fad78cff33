"""ReduceOnPlateau in training: it answers with the next epoch's rate, and so decides what it is shown next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

from grader.comparison import drawing
from grader.comparison.case import Case
from grader.comparison.experiments.epochs import Epochs
from grader.comparison.experiments.watching import BLOWN_UP, CLASSES, FEATURES, LOSS, life, number, shown, told
from grader.comparison.networks import Mlp
from grader.comparison.parity import SINGLE_PRECISION, Parity
from grader.comparison.problems import clusters
from grader.comparison.run import Run, distances
from grader.domain.picture import Picture
from grader.judge.suite import Solution


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
        labelled = clusters(draw, features=FEATURES, classes=CLASSES)
        labelled = replace(labelled, x_test=labelled.x_test[: self.unseen], y_test=labelled.y_test[: self.unseen])
        training = Epochs(
            Mlp((FEATURES, CLASSES)),
            labelled,
            draw,
            epochs=self.epochs,
            steps=2,
            undone_above=BLOWN_UP if self.undoes else None,
        )
        run, metrics = Run(), list[float]()
        for _ in range(self.epochs):
            decided = decide(metrics)
            run.add({name: number(value) for name, value in decided.items()})
            metrics.append(shown(self.metric, training.train(decided["lr"]), self.unseen))
            run.note("lr", decided["lr"])
        run.curves["metric"] = metrics
        return run


def reduce_on_plateau(*, name: str, task: str, points: float, hint: str, trainings: Mapping[str, Plateau]) -> Parity:
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


def _plateau_case(name: str, task: str, words: str, training: Plateau, *, is_drawn: bool) -> Case:
    def mine(solution: Solution, draw: torch.Generator) -> Run:
        def decide(metrics: list[float]) -> dict[str, float]:
            lived = life(solution.ReduceOnPlateau, training.settings, metrics, beside=training.beside)
            if not lived.moments:
                return {"lr": lived.start["lr"], "the attribute lr": lived.start["lr"]}
            return {"lr": lived.results[-1], "the attribute lr": lived.moments[-1].attributes["lr"]}

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
                caption=f"{words}: the learning rate of each epoch with {told(training.settings)}.",
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
