"""The training comparison of `schedules`: learning rates beside PyTorch's schedulers, and training that listens."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LinearLR, LRScheduler, SequentialLR, StepLR

from grader.comparison.experiments.plateaus import Plateau, reduce_on_plateau
from grader.comparison.experiments.schedules import Schedule, curve, trace
from grader.comparison.experiments.stopping import Overfit, early_stopping
from grader.comparison.experiments.watching import ACCURACY, ERRORS, LOG_LIKELIHOOD
from grader.comparison.training import Training

CURVE = "The training is the judge's own; only the rates are yours. Mend what the comparison of the rates says."


def step(epochs: int, *, again: int | None = None, stride: int = 1, **settings: Any) -> Schedule:
    """Return `step_decay` as `StepLR` has it, with the same default for `gamma`."""

    def scheduler(optimizer: Optimizer) -> LRScheduler:
        return StepLR(optimizer, **{key: value for key, value in settings.items() if key != "base_lr"})

    return Schedule(settings=settings, scheduler=scheduler, epochs=epochs, again=again, stride=stride)


def exponential(epochs: int, *, again: int | None = None, stride: int = 1, base_lr: float, gamma: float) -> Schedule:
    """Return `exponential_decay` as `ExponentialLR` has it."""
    return Schedule(
        settings={"base_lr": base_lr, "gamma": gamma},
        scheduler=lambda optimizer: ExponentialLR(optimizer, gamma),
        epochs=epochs,
        again=again,
        stride=stride,
    )


def cosine(
    epochs: int, *, again: int | None = None, total_epochs: int, min_lr: float = 0.0, **settings: Any
) -> Schedule:
    """Return `cosine_annealing` as `CosineAnnealingLR` has it up to its end, and from there on at `min_lr`."""
    return Schedule(
        settings={"total_epochs": total_epochs, **settings, **({"min_lr": min_lr} if min_lr else {})},
        scheduler=lambda optimizer: CosineAnnealingLR(optimizer, T_max=total_epochs, eta_min=min_lr),
        epochs=epochs,
        again=again,
        ends=(total_epochs, min_lr),
    )


def warmup(
    steps: int, *, again: int | None = None, warmup_steps: int, total_steps: int, min_lr: float = 0.0, **settings: Any
) -> Schedule:
    """Return `warmup_cosine` as `LinearLR` and then `CosineAnnealingLR` have it, and from its end on at `min_lr`."""

    def scheduler(optimizer: Optimizer) -> LRScheduler:
        fall = CosineAnnealingLR(optimizer, T_max=max(total_steps - warmup_steps, 1), eta_min=min_lr)
        if warmup_steps == 0:
            return fall
        rise = LinearLR(optimizer, start_factor=1 / warmup_steps, total_iters=warmup_steps - 1)
        return SequentialLR(optimizer, [rise, fall], milestones=[warmup_steps])

    given = {"warmup_steps": warmup_steps, "total_steps": total_steps, **settings}
    return Schedule(
        settings={**given, **({"min_lr": min_lr} if min_lr else {})},
        scheduler=scheduler,
        epochs=steps,
        again=again,
        ends=(total_steps, min_lr),
    )


STAIRCASE = step(20, base_lr=1.0, step_size=5, gamma=0.4)
EXPONENTIAL = exponential(20, base_lr=1.0, gamma=0.85)
COSINE = cosine(20, base_lr=1.0, total_epochs=18)
WARMUP = warmup(100, base_lr=1.5, warmup_steps=15, total_steps=95)

training = Training(
    trace(
        name="step-decay-training-rates",
        task="7.1",
        function="step_decay",
        points=2,
        hint="Which epoch is the first with another rate? Count the full periods that lie behind it.",
        schedules={
            "Three drops": STAIRCASE,
            "The default gamma": step(23, base_lr=0.3, step_size=7),
            "A drop after every epoch": step(6, base_lr=0.05, step_size=1, gamma=0.7),
            "Rates that grow, in search of the largest that works": step(14, base_lr=1e-3, step_size=4, gamma=3.0),
            "A training that goes on at epoch 13": step(20, again=13, base_lr=0.6, step_size=4, gamma=0.5),
            "Counted in steps, 200 to an epoch": step(8, stride=200, base_lr=0.2, step_size=1, gamma=0.999),
        },
    ),
    curve(
        name="step-decay-training-curve",
        task="7.1",
        function="step_decay",
        points=1,
        hint=CURVE,
        schedule=STAIRCASE,
        steps=5,
    ),
    trace(
        name="exponential-training-rates",
        task="7.2",
        function="exponential_decay",
        points=2,
        hint="Divide the rate of each epoch by that of the one before: what should come out, and from which epoch on?",
        schedules={
            "A slow decay": EXPONENTIAL,
            "A fast decay": exponential(40, base_lr=0.05, gamma=0.6),
            "Rates that grow, in search of the largest that works": exponential(25, base_lr=1e-4, gamma=1.4),
            "A training that goes on at epoch 13": exponential(20, again=13, base_lr=0.6, gamma=0.9),
            "Counted in steps, 200 to an epoch": exponential(8, stride=200, base_lr=0.2, gamma=0.999),
        },
    ),
    curve(
        name="exponential-training-curve",
        task="7.2",
        function="exponential_decay",
        points=1,
        hint=CURVE,
        schedule=EXPONENTIAL,
        steps=5,
    ),
    trace(
        name="cosine-training-rates",
        task="7.3",
        function="cosine_annealing",
        points=3,
        hint="Look at the two ends and the middle of the wave, and at what comes after total_epochs.",
        to_base=True,
        schedules={
            "A wave down to zero": COSINE,
            "A wave down to min_lr, and on to three times its length": cosine(
                37, base_lr=0.3, total_epochs=12, min_lr=0.06
            ),
            "A wave of a single epoch": cosine(4, base_lr=0.1, total_epochs=1, min_lr=0.02),
            "A training that goes on at epoch 13": cosine(22, again=13, base_lr=0.6, total_epochs=20, min_lr=0.05),
        },
    ),
    curve(
        name="cosine-training-curve",
        task="7.3",
        function="cosine_annealing",
        points=1,
        hint=CURVE,
        schedule=COSINE,
        steps=5,
    ),
    trace(
        name="warmup-training-rates",
        task="7.4",
        function="warmup_cosine",
        points=3,
        hint="Look at step 0, at the two steps on either side of warmup_steps, and at total_steps.",
        to_base=True,
        unit="step",
        schedules={
            "A rise and a wave down to zero": WARMUP,
            "A wave down to min_lr, and on to three times its length": warmup(
                76, base_lr=0.3, warmup_steps=6, total_steps=25, min_lr=0.06
            ),
            "A warm-up of one step": warmup(12, base_lr=0.2, warmup_steps=1, total_steps=9, min_lr=0.01),
            "No warm-up": warmup(12, base_lr=0.2, warmup_steps=0, total_steps=10, min_lr=0.03),
            "Nothing but warm-up": warmup(12, base_lr=0.2, warmup_steps=9, total_steps=9, min_lr=0.05),
            "A training that goes on at step 4": warmup(
                24, again=4, base_lr=0.7, warmup_steps=10, total_steps=22, min_lr=0.05
            ),
        },
    ),
    curve(
        name="warmup-training-curve",
        task="7.4",
        function="warmup_cosine",
        points=1,
        hint=CURVE,
        schedule=WARMUP,
        steps=1,
        unit="step",
    ),
    reduce_on_plateau(
        name="plateau-training-rates",
        task="7.5",
        points=6,
        hint="Go through the epochs before it by hand: is each an improvement over the best one so far, how many bad "
        "ones in a row are there, is a cooldown under way? Then the order of the three things that an epoch does.",
        trainings={
            "A noisy training": Plateau(
                settings={"base_lr": 1.5, "factor": 0.4, "patience": 2, "threshold": 0.02, "min_lr": 0.02}, epochs=36
            ),
            "The default settings": Plateau(settings={"base_lr": 3.0}, epochs=36),
            "Watched by its accuracy": Plateau(
                settings={"base_lr": 0.1, "mode": "max", "factor": 0.7, "patience": 0, "threshold": 0.0},
                metric=ACCURACY,
                unseen=24,
                epochs=20,
            ),
            "Watched by its log-likelihood, which is below zero": Plateau(
                settings={"base_lr": 2.0, "mode": "max", "factor": 0.6, "patience": 1, "threshold": 0.05},
                metric=LOG_LIKELIHOOD,
            ),
            "Two networks at once, each with an object of its own": Plateau(
                settings={"base_lr": 0.3, "factor": 0.7, "patience": 1, "threshold": 0.0, "cooldown": 3},
                metric=ERRORS,
                unseen=32,
                beside=True,
            ),
            "At first epochs that blow up, their accuracy NaN": Plateau(
                settings={"base_lr": 2000.0, "mode": "max", "factor": 0.1, "patience": 1, "threshold": 0.0},
                metric=ACCURACY,
                unseen=24,
                undoes=True,
            ),
            "A loss that creeps": Plateau(
                settings={"base_lr": 0.05, "factor": 0.5, "patience": 3, "threshold": 0.03}, epochs=26
            ),
            "A loss that creeps, with a cooldown": Plateau(
                settings={"base_lr": 0.15, "factor": 0.8, "patience": 0, "threshold": 0.03, "cooldown": 3}
            ),
            "Down to rates that change no more": Plateau(
                settings={"base_lr": 5e-3, "factor": 0.01, "patience": 0, "threshold": 0.05}, epochs=10
            ),
        },
    ),
    early_stopping(
        name="stopping-training-end",
        task="7.6",
        points=5,
        hint="PyTorch has no early stopping; the rule of the instructions stands in for it. Which epoch is the last "
        "improvement, how many bad ones follow it, and what is the best metric after each?",
        trainings={
            "A network that overfits": Overfit(settings={"patience": 5, "min_delta": 0.01}),
            "Watched by its number of errors": Overfit(
                settings={"patience": 3, "min_delta": 1.0}, metric=ERRORS, unseen=64, rate=0.1
            ),
            "Watched by its log-likelihood, which is below zero": Overfit(
                settings={"patience": 2, "min_delta": 0.03, "mode": "max"}, metric=LOG_LIKELIHOOD
            ),
            "Two networks at once, each with an object of its own": Overfit(
                settings={"patience": 1}, metric=ERRORS, unseen=32, rate=0.2, beside=True
            ),
            "Some epochs that blow up, their loss NaN": Overfit(
                settings={"patience": 3, "min_delta": 0.0}, rate=0.2, wild=(0, 1, 5, 6, 7, 8, 20)
            ),
        },
    ),
)
