"""Whole curves of a schedule in one exchange, and PyTorch's own schedulers to hold them against."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from grader.judge import expect
from grader.judge.suite import Solution, Step

# Why 1e-12: `base_lr * gamma**k` rounds a handful of times at 1.1e-16. Whoever multiplies k times in a loop rounds k
# times, and k stays below 1000 where this is used: 1e-13. exp(k * log(gamma)) is off by 1e-16 * |k * log(gamma)|, and
# that exponent stays below 300: 3e-14. float32 anywhere shows at 6e-8.
EXACT = 1e-12
# A cosine near -1 leaves (1 + cos) / 2 with an error of 1e-16 beside 1, so curves of a cosine are held to the size of
# base_lr and not to their own. PyTorch's recurrence adds up such errors over at most 100 epochs: 1e-14.
# Over 100000 epochs, even as many roundings in one direction stay at 1.1e-11.
LONG = 1e-10
LARGE = 100_000

MEND_CURVE_FIRST = "If the whole curve fails too, mend that first: it makes this check fail as well. "
"""Opens the hint of a check that a wrong formula breaks along with everything else."""


def follow(
    name: str,
    solution: Solution,
    places: Iterable[int],
    expected: Callable[[int], float],
    *,
    rtol: float = EXACT,
    of_base: bool = False,
    **settings: Any,
) -> None:
    """Ask a schedule for its value at each of `places`, in that order; fail at the first that is not as expected.

    `of_base` makes the tolerance one of `base_lr`, as it has to be for a cosine.
    """
    asked = list(places)
    got = getattr(solution, name).many([Step((place,), settings) for place in asked])
    allowed = {"rtol": 0.0, "atol": rtol * settings["base_lr"]} if of_base else {"rtol": rtol}
    told = ", ".join(f"{key}={value:.12g}" for key, value in settings.items())
    for place, value in zip(asked, got, strict=True):
        expect.number(value, expected(place), what=f"{name}({place}, {told})", **allowed)


def follow_twin(
    name: str,
    solution: Solution,
    make: Callable[[Optimizer], LRScheduler],
    places: int,
    *,
    of_base: bool = False,
    **settings: Any,
) -> None:
    """Hold the first `places` values of a schedule against one of PyTorch's schedulers."""
    twin = twin_curve(make, settings["base_lr"], places)
    follow(name, solution, range(places), twin.__getitem__, of_base=of_base, **settings)


def twin_curve(make: Callable[[Optimizer], LRScheduler], base_lr: float, places: int) -> list[float]:
    """Return the learning rates of the first `places` epochs under one of PyTorch's schedulers."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=base_lr)
    scheduler = make(optimizer)
    rates = []
    for _ in range(places):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        scheduler.step()
    return rates


def half_wave(progress: float, base_lr: float, min_lr: float) -> float:
    """Return a cosine from `base_lr` at progress 0 to `min_lr` at progress 1."""
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * progress)) / 2


def uniform(draw: torch.Generator, low: float, high: float) -> float:
    """Return a number between `low` and `high`."""
    return low + (high - low) * float(torch.rand((), generator=draw, dtype=torch.float64))


def whole(draw: torch.Generator, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`, both included."""
    return int(torch.randint(low, high + 1, (), generator=draw))


def in_any_order(draw: torch.Generator, places: int) -> list[int]:
    """Return the epochs from 0 in random order, and once more in another."""
    return [int(place) for _ in range(2) for place in torch.randperm(places, generator=draw)]
