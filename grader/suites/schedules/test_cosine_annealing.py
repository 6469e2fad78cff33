"""Hidden checks of task 7.3, `cosine_annealing`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.schedules.curves import (
    LARGE,
    LONG,
    MEND_CURVE_FIRST,
    follow,
    follow_twin,
    half_wave,
    in_any_order,
    uniform,
    whole,
)

NAME = "cosine_annealing"


@check("cosine-by-hand", task="7.3", points=2, visibility="visible", hint="README, section 'Cosine annealing'.")
def test_quarters_by_hand(solution: Solution) -> None:
    quarters = [1.0, 0.5 + 0.125**0.5, 0.5, 0.5 - 0.125**0.5, 0.0]
    follow(NAME, solution, range(5), quarters.__getitem__, of_base=True, base_lr=1.0, total_epochs=4)


@check(
    "cosine-pytorch",
    task="7.3",
    points=3,
    hint="A whole curve with random settings leaves PyTorch's CosineAnnealingLR. At which epochs does yours have "
    "base_lr, the middle and min_lr?",
)
def test_curve_of_pytorch(solution: Solution, draw: torch.Generator) -> None:
    for _ in range(3):
        base_lr, total = uniform(draw, 0.05, 1), whole(draw, 10, 60)
        low = uniform(draw, 0.1, 0.5) * base_lr

        def make(optimizer: torch.optim.Optimizer, total: int = total, low: float = low) -> CosineAnnealingLR:
            return CosineAnnealingLR(optimizer, T_max=total, eta_min=low)

        follow_twin(NAME, solution, make, total + 1, of_base=True, base_lr=base_lr, total_epochs=total, min_lr=low)


@check(
    "cosine-ends",
    task="7.3",
    points=2,
    hint="Look at epochs 0, 1, total_epochs - 1 and total_epochs: the floor is reached at epoch total_epochs, not in "
    "the last epoch before it. A total_epochs of 1 is valid.",
)
def test_both_ends(solution: Solution, draw: torch.Generator) -> None:
    for total in (1, 2, whole(draw, 20, 60)):
        base_lr = uniform(draw, 0.05, 1)

        def expected(epoch: int, total: int = total, base_lr: float = base_lr) -> float:
            return half_wave(epoch / total, base_lr, 0.0)

        places = [0, 1, total - 1, total]
        follow(NAME, solution, places, expected, of_base=True, base_lr=base_lr, total_epochs=total)


@check(
    "cosine-after-the-end",
    task="7.3",
    points=2,
    hint="After total_epochs the schedule stays at min_lr for good: a cosine that is simply computed on rises again, "
    "and one that starts anew jumps.",
)
def test_beyond_the_end(solution: Solution, draw: torch.Generator) -> None:
    base_lr, total = uniform(draw, 0.05, 1), whole(draw, 10, 40)
    low = uniform(draw, 0.1, 0.5) * base_lr
    settings = {"base_lr": base_lr, "total_epochs": total, "min_lr": low}
    places = [total, total + 1, total + total // 2, 2 * total - 1, 2 * total, 2 * total + 1, 3 * total, LARGE]
    follow(NAME, solution, places, lambda _: low, of_base=True, **settings)


@check(
    "cosine-min-lr",
    task="7.3",
    points=2,
    hint="With min_lr above zero the whole wave is squeezed between min_lr and base_lr: it starts at base_lr and has "
    "their mean half way. Cutting off a wave that goes to zero is not the same.",
)
def test_the_wave_lies_between_min_lr_and_base_lr(solution: Solution, draw: torch.Generator) -> None:
    base_lr, half = uniform(draw, 0.05, 1), whole(draw, 5, 20)
    low = uniform(draw, 0.2, 0.8) * base_lr

    def expected(epoch: int) -> float:
        return half_wave(epoch / (2 * half), base_lr, low)

    places = [0, 1, half - 1, half, half + 1, 2 * half - 1, 2 * half]
    follow(NAME, solution, places, expected, of_base=True, base_lr=base_lr, total_epochs=2 * half, min_lr=low)


@check(
    "cosine-any-order",
    task="7.3",
    points=1,
    hint=MEND_CURVE_FIRST
    + "Asked for later, or out of order, the same epoch has to give the same value. It follows from the "
    "arguments of this call alone; keep nothing between calls.",
)
def test_epochs_in_any_order(solution: Solution, draw: torch.Generator) -> None:
    base_lr = uniform(draw, 0.05, 1)
    order = in_any_order(draw, 12)
    follow(
        NAME,
        solution,
        order,
        lambda epoch: half_wave(epoch / 12, base_lr, 0.0),
        of_base=True,
        base_lr=base_lr,
        total_epochs=12,
    )


@check(
    "cosine-precision",
    task="7.3",
    points=1,
    hint=MEND_CURVE_FIRST
    + "The digits of float64 are lost on the way, in a short run or in one of 100000 epochs. math.cos and math.pi "
    "have them all; float32, 3.14 and rounding do not.",
)
def test_all_digits(solution: Solution, draw: torch.Generator) -> None:
    base_lr = uniform(draw, 0.05, 1)
    for total, tolerance in ((9, 1e-12), (LARGE, LONG)):
        places = [whole(draw, total // 9, total - 1) for _ in range(5)]

        def expected(epoch: int, total: int = total) -> float:
            return half_wave(epoch / total, base_lr, 0.0)

        follow(NAME, solution, places, expected, rtol=tolerance, of_base=True, base_lr=base_lr, total_epochs=total)


@check(
    "cosine-value-errors",
    task="7.3",
    points=2,
    hint="The stub's docstring lists what raises ValueError; min_lr = base_lr and base_lr = 0 are valid.",
)
def test_invalid_settings_are_refused(solution: Solution) -> None:
    expect.refuses(solution.cosine_annealing, -1, base_lr=0.1, total_epochs=5)
    expect.refuses(solution.cosine_annealing, 1, base_lr=-0.1, total_epochs=5)
    expect.refuses(solution.cosine_annealing, 1, base_lr=0.1, total_epochs=0)
    expect.refuses(solution.cosine_annealing, 1, base_lr=0.1, total_epochs=-5)
    expect.refuses(solution.cosine_annealing, 1, base_lr=0.1, total_epochs=5, min_lr=-0.01)
    expect.refuses(solution.cosine_annealing, 1, base_lr=0.1, total_epochs=5, min_lr=0.2)
    follow(NAME, solution, [0, 3, 9], lambda _: 0.25, base_lr=0.25, total_epochs=5, min_lr=0.25)
    follow(NAME, solution, [0, 3, 9], lambda _: 0.0, base_lr=0.0, total_epochs=5)
