"""Hidden checks of task 7.2, `exponential_decay`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch
from torch.optim.lr_scheduler import ExponentialLR

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.schedules.curves import LARGE, LONG, MEND_CURVE_FIRST, follow, follow_twin, in_any_order, uniform

NAME = "exponential_decay"


@check(
    "exponential-decay-by-hand",
    task="7.2",
    points=2,
    visibility="visible",
    hint="README, section 'Exponential decay'.",
)
def test_four_halvings_by_hand(solution: Solution) -> None:
    follow(NAME, solution, range(5), [0.8, 0.4, 0.2, 0.1, 0.05].__getitem__, base_lr=0.8, gamma=0.5)


@check(
    "exponential-decay-pytorch",
    task="7.2",
    points=3,
    hint="30 epochs with random settings leave PyTorch's ExponentialLR. Epoch 0 has base_lr itself, and every later "
    "epoch has gamma times its predecessor's.",
)
def test_curve_of_pytorch(solution: Solution, draw: torch.Generator) -> None:
    for _ in range(3):
        base_lr, gamma = uniform(draw, 0.01, 1), uniform(draw, 0.5, 0.99)

        def make(optimizer: torch.optim.Optimizer, factor: float = gamma) -> ExponentialLR:
            return ExponentialLR(optimizer, gamma=factor)

        follow_twin(NAME, solution, make, 30, base_lr=base_lr, gamma=gamma)


@check(
    "exponential-decay-growth",
    task="7.2",
    points=1,
    hint=MEND_CURVE_FIRST
    + "gamma = 1 keeps the learning rate, and gamma above 1 lets it grow: the docstring allows both.",
)
def test_gamma_of_one_and_above(solution: Solution, draw: torch.Generator) -> None:
    base_lr, gamma = uniform(draw, 0.001, 0.01), uniform(draw, 1.1, 1.5)
    follow(NAME, solution, range(20), lambda _: base_lr, base_lr=base_lr, gamma=1.0)
    follow(NAME, solution, range(20), lambda epoch: base_lr * gamma**epoch, base_lr=base_lr, gamma=gamma)


@check(
    "exponential-decay-any-order",
    task="7.2",
    points=1,
    hint=MEND_CURVE_FIRST
    + "Asked for later, or out of order, the same epoch has to give the same value. It follows from the "
    "arguments of this call alone; keep nothing between calls.",
)
def test_epochs_in_any_order(solution: Solution, draw: torch.Generator) -> None:
    base_lr, gamma = uniform(draw, 0.01, 1), uniform(draw, 0.5, 0.99)
    order = in_any_order(draw, 10)
    follow(NAME, solution, order, lambda epoch: base_lr * gamma**epoch, base_lr=base_lr, gamma=gamma)


@check(
    "exponential-decay-large-epoch",
    task="7.2",
    points=2,
    hint=MEND_CURVE_FIRST
    + "Epoch 100000 with a gamma very near 1. A function that calls itself once per epoch runs out of stack; "
    "float32, and rounding to a few decimals, lose the digits. A power is all it takes.",
)
def test_epoch_100000(solution: Solution, draw: torch.Generator) -> None:
    base_lr, gamma = uniform(draw, 0.01, 1), 1 - uniform(draw, 1e-4, 2e-4)
    follow(NAME, solution, [LARGE], lambda _: base_lr * gamma**LARGE, rtol=LONG, base_lr=base_lr, gamma=gamma)


@check(
    "exponential-decay-value-errors",
    task="7.2",
    points=1,
    hint="The stub's docstring lists what raises ValueError; base_lr = 0 is valid.",
)
def test_invalid_settings_are_refused(solution: Solution) -> None:
    expect.refuses(solution.exponential_decay, -1, base_lr=0.1, gamma=0.9)
    expect.refuses(solution.exponential_decay, 1, base_lr=-0.1, gamma=0.9)
    expect.refuses(solution.exponential_decay, 1, base_lr=0.1, gamma=0.0)
    expect.refuses(solution.exponential_decay, 1, base_lr=0.1, gamma=-0.9)
    follow(NAME, solution, [3], lambda _: 0.0, base_lr=0.0, gamma=0.9)
