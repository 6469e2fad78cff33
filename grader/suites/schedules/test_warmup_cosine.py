"""Hidden checks of task 7.4, `warmup_cosine`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, LinearLR, LRScheduler, SequentialLR

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

NAME = "warmup_cosine"


@check(
    "warmup-by-hand", task="7.4", points=3, visibility="visible", hint="README, section 'Warm-up' and 'Worked by hand'."
)
def test_six_steps_by_hand(solution: Solution) -> None:
    curve = [0.4, 0.8, 0.8, 0.4 + 0.08**0.5, 0.4, 0.4 - 0.08**0.5, 0.0]
    follow(NAME, solution, range(7), curve.__getitem__, of_base=True, base_lr=0.8, warmup_steps=2, total_steps=6)


@check(
    "warmup-pytorch",
    task="7.4",
    points=3,
    hint="A whole curve with random settings leaves PyTorch's LinearLR followed by CosineAnnealingLR. Which is the "
    "first step that is wrong: before, at or after warmup_steps?",
)
def test_curve_of_pytorch(solution: Solution, draw: torch.Generator) -> None:
    for _ in range(3):
        base_lr, warm = uniform(draw, 0.05, 1), whole(draw, 3, 12)
        total = warm + whole(draw, 10, 40)
        low = uniform(draw, 0.05, 0.2) * base_lr

        def make(
            optimizer: torch.optim.Optimizer, warm: int = warm, total: int = total, low: float = low
        ) -> LRScheduler:
            rise = LinearLR(optimizer, start_factor=1 / warm, total_iters=warm - 1)
            fall = CosineAnnealingLR(optimizer, T_max=total - warm, eta_min=low)
            return SequentialLR(optimizer, [rise, fall], milestones=[warm])

        settings: dict[str, Any] = {"base_lr": base_lr, "warmup_steps": warm, "total_steps": total, "min_lr": low}
        follow_twin(NAME, solution, make, total + 1, of_base=True, **settings)


@check(
    "warmup-rise",
    task="7.4",
    points=2,
    hint="The warm-up is a straight line of warmup_steps steps. Step 0 already learns a little, and the last step of "
    "the warm-up has the whole base_lr. min_lr has no part in it.",
)
def test_the_rise(solution: Solution, draw: torch.Generator) -> None:
    for warm in (1, 2, whole(draw, 5, 20)):
        base_lr = uniform(draw, 0.05, 1)
        settings: dict[str, Any] = {
            "base_lr": base_lr,
            "warmup_steps": warm,
            "total_steps": 3 * warm,
            "min_lr": 0.75 * base_lr,
        }
        follow(
            NAME, solution, range(warm), [base_lr * (step + 1) / warm for step in range(warm)].__getitem__, **settings
        )


@check(
    "warmup-peak",
    task="7.4",
    points=2,
    hint="Look at the steps warmup_steps - 1, warmup_steps and warmup_steps + 1: two have base_lr, then the cosine "
    "begins to fall, and none is ever above base_lr.",
)
def test_each_side_of_the_peak(solution: Solution, draw: torch.Generator) -> None:
    base_lr, warm, rest = uniform(draw, 0.05, 1), whole(draw, 4, 15), whole(draw, 10, 40)
    curve = {
        warm - 2: base_lr * (warm - 1) / warm,
        warm - 1: base_lr,
        warm: base_lr,
        warm + 1: half_wave(1 / rest, base_lr, 0.0),
    }
    settings: dict[str, Any] = {"base_lr": base_lr, "warmup_steps": warm, "total_steps": warm + rest}
    follow(NAME, solution, curve, curve.__getitem__, of_base=True, **settings)


@check(
    "warmup-fall",
    task="7.4",
    points=2,
    hint="The cosine is stretched over the steps that the warm-up leaves: it has the mean of base_lr and min_lr half "
    "way between warmup_steps and total_steps, and reaches min_lr exactly at total_steps.",
)
def test_the_fall(solution: Solution, draw: torch.Generator) -> None:
    base_lr, warm, half = uniform(draw, 0.05, 1), whole(draw, 4, 15), whole(draw, 5, 20)
    low = uniform(draw, 0.2, 0.8) * base_lr
    total = warm + 2 * half
    curve = {
        warm + half: (base_lr + low) / 2,
        total - 1: half_wave((2 * half - 1) / (2 * half), base_lr, low),
        total: low,
    }
    settings: dict[str, Any] = {"base_lr": base_lr, "warmup_steps": warm, "total_steps": total, "min_lr": low}
    follow(NAME, solution, curve, curve.__getitem__, of_base=True, **settings)


@check(
    "warmup-after-the-end",
    task="7.4",
    points=2,
    hint="From total_steps on the schedule stays at min_lr for good: a cosine that is simply computed on rises again.",
)
def test_beyond_the_end(solution: Solution, draw: torch.Generator) -> None:
    base_lr, warm, rest = uniform(draw, 0.05, 1), whole(draw, 4, 15), whole(draw, 10, 40)
    low, total = uniform(draw, 0.1, 0.5) * base_lr, warm + rest
    settings: dict[str, Any] = {"base_lr": base_lr, "warmup_steps": warm, "total_steps": total, "min_lr": low}
    places = [total + 1, total + rest // 2, total + rest, total + rest + 1, total + 2 * rest, 10 * total, LARGE]
    follow(NAME, solution, places, lambda _: low, of_base=True, **settings)


@check(
    "warmup-none",
    task="7.4",
    points=1,
    hint=MEND_CURVE_FIRST + "warmup_steps = 0 is valid: the cosine begins at step 0, and nothing is divided by zero.",
)
def test_no_warmup_at_all(solution: Solution, draw: torch.Generator) -> None:
    base_lr, total = uniform(draw, 0.05, 1), whole(draw, 5, 20)

    def expected(step: int) -> float:
        return half_wave(step / total, base_lr, 0.0)

    settings: dict[str, Any] = {"base_lr": base_lr, "warmup_steps": 0, "total_steps": total}
    follow(NAME, solution, range(total + 1), expected, of_base=True, **settings)


@check(
    "warmup-only",
    task="7.4",
    points=1,
    hint=MEND_CURVE_FIRST
    + "warmup_steps = total_steps is valid: the last step has base_lr, the next min_lr, and nothing is divided by "
    "zero.",
)
def test_nothing_but_warmup(solution: Solution, draw: torch.Generator) -> None:
    base_lr, total = uniform(draw, 0.05, 1), whole(draw, 5, 20)
    low = 0.1 * base_lr
    rise = [base_lr * (step + 1) / total for step in range(total)]
    settings: dict[str, Any] = {"base_lr": base_lr, "warmup_steps": total, "total_steps": total, "min_lr": low}
    follow(NAME, solution, range(total + 3), [*rise, low, low, low].__getitem__, of_base=True, **settings)


@check(
    "warmup-any-order",
    task="7.4",
    points=1,
    hint=MEND_CURVE_FIRST
    + "Asked for later, or out of order, the same step has to give the same value. It follows from the "
    "arguments of this call alone; keep nothing between calls.",
)
def test_steps_in_any_order(solution: Solution, draw: torch.Generator) -> None:
    base_lr = uniform(draw, 0.05, 1)
    order = in_any_order(draw, 12)

    def expected(step: int) -> float:
        return base_lr * (step + 1) / 4 if step < 4 else half_wave((step - 4) / 8, base_lr, 0.0)

    follow(NAME, solution, order, expected, of_base=True, base_lr=base_lr, warmup_steps=4, total_steps=12)


@check(
    "warmup-long-run",
    task="7.4",
    points=1,
    hint=MEND_CURVE_FIRST
    + "A run of 100000 steps, as transformers have. The digits of float64 are lost on the way: look for float32 and "
    "for rounding.",
)
def test_a_run_of_100000_steps(solution: Solution, draw: torch.Generator) -> None:
    base_lr, warm = uniform(draw, 0.05, 1), whole(draw, 1000, 5000)

    def expected(step: int) -> float:
        progress = (step - warm) / (LARGE - warm)
        return base_lr * (step + 1) / warm if step < warm else half_wave(progress, base_lr, 0.0)

    places = [whole(draw, 10, warm - 2), warm - 1, warm, whole(draw, 2 * warm, LARGE - 1000), LARGE]
    settings: dict[str, Any] = {"base_lr": base_lr, "warmup_steps": warm, "total_steps": LARGE}
    follow(NAME, solution, places, expected, rtol=LONG, of_base=True, **settings)


@check(
    "warmup-value-errors",
    task="7.4",
    points=2,
    hint="The stub's docstring lists what raises ValueError. A warm-up longer than the run is invalid, one of the same "
    "length is not.",
)
def test_invalid_settings_are_refused(solution: Solution) -> None:
    expect.refuses(solution.warmup_cosine, -1, base_lr=0.1, warmup_steps=2, total_steps=5)
    expect.refuses(solution.warmup_cosine, 1, base_lr=-0.1, warmup_steps=2, total_steps=5)
    expect.refuses(solution.warmup_cosine, 1, base_lr=0.1, warmup_steps=0, total_steps=0)
    expect.refuses(solution.warmup_cosine, 1, base_lr=0.1, warmup_steps=-1, total_steps=5)
    expect.refuses(solution.warmup_cosine, 1, base_lr=0.1, warmup_steps=6, total_steps=5)
    expect.refuses(solution.warmup_cosine, 1, base_lr=0.1, warmup_steps=2, total_steps=5, min_lr=-0.01)
    expect.refuses(solution.warmup_cosine, 1, base_lr=0.1, warmup_steps=2, total_steps=5, min_lr=0.2)
    follow(NAME, solution, [0, 3, 9], lambda _: 0.0, base_lr=0.0, warmup_steps=2, total_steps=5)
