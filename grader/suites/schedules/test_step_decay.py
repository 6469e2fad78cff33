"""Hidden checks of task 7.1, `step_decay`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch
from torch.optim.lr_scheduler import StepLR

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.schedules.curves import (
    EXACT,
    LARGE,
    LONG,
    MEND_CURVE_FIRST,
    follow,
    follow_twin,
    in_any_order,
    uniform,
    whole,
)

NAME = "step_decay"


@check("step-decay-by-hand", task="7.1", points=2, visibility="visible", hint="README, section 'Step decay'.")
def test_three_levels_by_hand(solution: Solution) -> None:
    levels = [0.8] * 3 + [0.4] * 3 + [0.2] * 3 + [0.1]
    follow(NAME, solution, range(10), levels.__getitem__, base_lr=0.8, step_size=3, gamma=0.5)


@check(
    "step-decay-boundaries",
    task="7.1",
    points=2,
    hint="One of the epochs beside a drop has the wrong level. With step_size=s the first drop shows at epoch s, the "
    "second at 2 s: epoch s - 1 is still undropped. A step_size of 1 drops at every epoch but the first.",
)
def test_each_side_of_three_drops(solution: Solution, draw: torch.Generator) -> None:
    for step_size in (1, 2, whole(draw, 5, 40)):
        base_lr, gamma = uniform(draw, 0.01, 1), uniform(draw, 0.1, 0.9)
        beside = [epoch for drop in (1, 2, 3) for epoch in range(drop * step_size - 1, drop * step_size + 2)]

        def level(epoch: int, base_lr: float = base_lr, gamma: float = gamma, step_size: int = step_size) -> float:
            return base_lr * gamma ** (epoch // step_size)

        follow(NAME, solution, [0, *beside], level, base_lr=base_lr, step_size=step_size, gamma=gamma)


@check(
    "step-decay-pytorch",
    task="7.1",
    points=2,
    hint="40 epochs with random settings leave PyTorch's StepLR. Write down the first ten of them with step_size=4.",
)
def test_curve_of_pytorch(solution: Solution, draw: torch.Generator) -> None:
    for _ in range(3):
        base_lr, gamma, step_size = uniform(draw, 0.01, 1), uniform(draw, 0.1, 0.9), whole(draw, 3, 9)

        def make(optimizer: torch.optim.Optimizer, size: int = step_size, factor: float = gamma) -> StepLR:
            return StepLR(optimizer, step_size=size, gamma=factor)

        follow_twin(NAME, solution, make, 40, base_lr=base_lr, step_size=step_size, gamma=gamma)


@check(
    "step-decay-default-gamma",
    task="7.1",
    points=1,
    hint=MEND_CURVE_FIRST + "The stub's signature fixes the default of gamma.",
)
def test_default_gamma(solution: Solution, draw: torch.Generator) -> None:
    base_lr = uniform(draw, 0.01, 1)
    follow(NAME, solution, (4, 5, 10), lambda epoch: base_lr * 0.1 ** (epoch // 5), base_lr=base_lr, step_size=5)


@check(
    "step-decay-any-order",
    task="7.1",
    points=1,
    hint=MEND_CURVE_FIRST
    + "Asked for later, or out of order, the same epoch has to give the same value. It follows from the "
    "arguments of this call alone; keep nothing between calls.",
)
def test_epochs_in_any_order(solution: Solution, draw: torch.Generator) -> None:
    base_lr = uniform(draw, 0.01, 1)
    order = in_any_order(draw, 12)
    follow(NAME, solution, order, lambda epoch: base_lr * 0.5 ** (epoch // 4), base_lr=base_lr, step_size=4, gamma=0.5)


@check(
    "step-decay-large-epoch",
    task="7.1",
    points=1,
    hint=MEND_CURVE_FIRST
    + "Epoch 100000, with thousands of drops behind it. A function that calls itself once per drop runs out of "
    "stack; float32, and rounding to a few decimals, lose the digits. A power is all it takes.",
)
def test_epoch_100000(solution: Solution, draw: torch.Generator) -> None:
    base_lr, few, many = uniform(draw, 0.01, 1), uniform(draw, 0.5, 0.9), uniform(draw, 0.985, 0.995)
    # 100 drops, then 10000: either result stays above 1e-67.
    for step_size, gamma, rtol in ((1000, few, EXACT), (10, many, LONG)):
        level = base_lr * gamma ** (LARGE // step_size)

        def expected(_: int, level: float = level) -> float:
            return level

        follow(NAME, solution, [LARGE], expected, rtol=rtol, base_lr=base_lr, step_size=step_size, gamma=gamma)


@check(
    "step-decay-value-errors",
    task="7.1",
    points=1,
    hint="The stub's docstring lists what raises ValueError; base_lr = 0 and gamma = 1 are valid.",
)
def test_invalid_settings_are_refused(solution: Solution) -> None:
    expect.refuses(solution.step_decay, -1, base_lr=0.1, step_size=3)
    expect.refuses(solution.step_decay, 1, base_lr=-0.1, step_size=3)
    expect.refuses(solution.step_decay, 1, base_lr=0.1, step_size=0)
    expect.refuses(solution.step_decay, 1, base_lr=0.1, step_size=-3)
    expect.refuses(solution.step_decay, 1, base_lr=0.1, step_size=3, gamma=0.0)
    expect.refuses(solution.step_decay, 1, base_lr=0.1, step_size=3, gamma=-0.5)
    follow(NAME, solution, [7], lambda _: 0.0, base_lr=0.0, step_size=3)
    follow(NAME, solution, [7], lambda _: 0.25, base_lr=0.25, step_size=3, gamma=1.0)
