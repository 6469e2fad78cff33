"""Reading digits: the student's training over paired seeds, judged by the judge's network on digits that nobody saw.

The exercise leaves the schedule to the student, welcomes early stopping, and allows a fifth of the samples to be held
out for it. So a network may be better than PyTorch's, and worse by what such choices cost.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from grader.comparison.drawing import PYTORCH, YOURS
from grader.comparison.ensemble import Ensemble, Look, Sample
from grader.comparison.finding import World
from grader.comparison.problems import data_of
from grader.comparison.references import References
from grader.comparison.statistics import SEEDS
from grader.domain.picture import Band, Picture, Role, Series
from grader.judge.suite import Solution, Step
from grader.suites.capstone import network
from grader.suites.capstone.network import Problem, State
from grader.suites.capstone.twins import twins_of

NUM_EPOCHS, LR = 12, 0.01
BATCH_SIZES = (6, 30)
"""Of the problems in turn. Small batches show what is wrong with batch statistics, large ones what is slow to learn."""
SAMPLES = 241
"""To train on, so that the last batch is a single one."""
EPOCHS = (1, 2, 4, 8, NUM_EPOCHS)
"""How long the first problem is trained, for a picture."""
MARGINS = (0.37, 0.4)
"""How much worse than PyTorch's a good choice may be, as differences of the logarithms of error and loss.

Measured over two blocks of eight seeds each: the right solutions with a schedule of their own +0.02 and +0.10 at most,
the one that holds a fifth out +0.23 and +0.12; a fifth held out with half the rate, with a constant rate, or with early
stopping after two or three bad epochs +0.25 to +0.41 and +0.09 to +0.36. The mildest mistake that is to be told,
running statistics that keep a tenth, has +0.51 and +0.94. With 0.35 the one that holds a fifth out was refused by
0.07 to 0.30 % of blocks, with 0.37 by 0.02 % (`bench/calibrate.py --right`).
"""
_ROUNDS = 2
_LARGEST = 3.0
"""In deviations; see `pose`."""


def reading(*, name: str, task: str, points: float, hint: str) -> Ensemble:
    """Return the comparison of the error on unseen digits, over eight seeds."""

    def mine(solution: Solution, world: World, problems: Sequence[int], draw: torch.Generator) -> Sample:
        ends = torch.stack([_asked(solution, world, number, [NUM_EPOCHS], draw)[0] for number in problems])
        if not world.with_pictures or problems[0]:
            return Sample(ends, {})
        shorter = _asked(solution, world, 0, EPOCHS[:-1], draw)
        return Sample(ends, {"epochs": torch.cat([shorter[:, 1], ends[:1, 1]])[None].exp()})

    def reference(world: World, number: int, runs: int, draw: torch.Generator) -> Sample:
        problem = pose(world, number)

        def scored(num_epochs: int) -> Tensor:
            states = twins_of(problem, runs, num_epochs=num_epochs, **_settings(number), draw=draw)
            return torch.stack([_score(state, problem) for state in states])

        ends = scored(NUM_EPOCHS)
        if number % SEEDS:
            return Sample(ends, {"epochs": torch.empty((0, len(EPOCHS)))})
        lengths = [*(scored(num_epochs) for num_epochs in EPOCHS[:-1]), ends]
        return Sample(ends, {"epochs": torch.stack([scores[:, 1] for scores in lengths], 1).exp()})

    def pictures(mine: Sample, known: References) -> list[Picture]:
        return [_accuracies(mine, known, name, task)]

    return Ensemble(
        name=name,
        task=task,
        points=points,
        hint=hint,
        statistics=("logarithm of the error on unseen digits", "logarithm of the loss on unseen digits"),
        margins=MARGINS,
        mine=mine,
        reference=reference,
        looks={
            "epochs": Look(
                title="How long to train",
                caption="The loss on unseen digits when the first problem is trained for 1, 2, 4, 8 and 12 epochs, "
                "each time from the start.",
                x_label="number of epochs",
                y_label="loss on unseen digits",
                x=EPOCHS,
            )
        },
        pictures=pictures,
    )


def pose(world: World, number: int) -> Problem:
    """Return a problem: some digits to train on, by a camera of their own, and all the others to be read afterwards.

    They come in rounds, each sorted by class, so a batch of neighbours holds one class or two. Of single pixels, which
    lie up to 38 deviations from the mean, nothing beyond three is kept: one of them would decide over the loss.
    """
    draw = torch.Generator().manual_seed(number)
    labelled = data_of(world, draw)
    x = torch.cat([labelled.x_train, labelled.x_test]).float().clamp(-_LARGEST, _LARGEST)
    labels = torch.cat([labelled.y_train, labelled.y_test])
    contrast, brightness = (0.5 + torch.rand(2, generator=draw)).tolist()
    x = contrast * x + (brightness if number % 4 < 2 else -brightness)
    order = torch.randperm(len(labels), generator=draw)
    seen, unseen = order[:SAMPLES], order[SAMPLES:]
    rounds = torch.arange(SAMPLES) * _ROUNDS // SAMPLES
    seen = seen[torch.argsort(rounds * network.CLASSES + labels[seen])]
    return Problem(x[seen], labels[seen], x[unseen], labels[unseen])


def _settings(number: int) -> dict[str, Any]:
    return {"batch_size": BATCH_SIZES[number % len(BATCH_SIZES)], "lr": LR}


def _asked(solution: Solution, world: World, number: int, epochs: Sequence[int], draw: torch.Generator) -> Tensor:
    """Have a problem trained once for each number of epochs, in one exchange; return the scores, (trainings, 2)."""
    problem = pose(world, number)
    seeds = torch.randint(2**31, (len(epochs),), generator=draw).tolist()
    calls = [
        Step((problem.x_train, problem.y_train), {"num_epochs": num_epochs, **_settings(number), "seed": seed})
        for num_epochs, seed in zip(epochs, seeds, strict=True)
    ]
    return torch.stack([_score(state, problem) for state in solution.train.many(calls)])


def _score(state: State, problem: Problem) -> Tensor:
    """Return the logarithms of error and loss on unseen digits, (2,); no error at all counts as half of one."""
    right, loss = network.score(state, problem)
    count = len(problem.y_unseen)
    return (
        torch.tensor([(1 - right) * count + 0.5, loss], dtype=torch.float64).log()
        - torch.tensor([count + 1.0, 1.0], dtype=torch.float64).log()
    )


def _accuracies(mine: Sample, known: References, name: str, task: str) -> Picture:
    """Return the accuracy of each seed beside that of PyTorch's runs on the same problem."""
    seeds = range(1, SEEDS + 1)
    low, middle, high = (1 - known.values[..., 0].exp().quantile(torch.tensor([0.95, 0.5, 0.05]).double(), 1)).tolist()
    return Picture(
        name=f"{name}-accuracy",
        check=name,
        task=task,
        title="Accuracy on unseen digits, seed by seed",
        caption="The share of unseen digits that your network reads rightly, for eight sets of digits to learn from. "
        "PyTorch's line is the median of its runs on the same sets, the band holds nine tenths of them.",
        x_label="seed",
        y_label="accuracy",
        series=(
            Series.of(PYTORCH, Role.REFERENCE, middle, seeds),
            Series.of(YOURS, Role.YOURS, (1 - mine.values[:, 0].exp()).tolist(), seeds),
        ),
        band=Band.of(f"{PYTORCH}, over many seeds", low, high, seeds),
    )
