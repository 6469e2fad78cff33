"""Statistics for the hidden checks of `evolve`: how far a sum of squares lies from what pure chance makes of it."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import Solution

# A right solution passes 4.5 on either side with a probability of 7e-6 for each of the seven statistics of this
# exercise, and each look is taken once more with fresh numbers before it fails: (7 * 7e-6)^2 is 3e-9 per attempt.
SIGMAS = 4.5

Look = Callable[[Solution, torch.Generator], None]


def looked_at_twice(look: Look, solution: Solution, draw: torch.Generator) -> None:
    """Look again with fresh random numbers where chance may have been the reason, and fail only then."""
    expect.twice(lambda: look(solution, draw))


def as_chance_has_it(squares: Tensor, *, what: str) -> None:
    """Assert that squares of independent standard normal numbers add up to what chance makes of them, on both sides."""
    count = squares.numel()
    deviation = sigmas(float(squares.sum()), count)
    assert abs(deviation) <= SIGMAS, (
        f"{what}: got a mean square of {float(squares.mean()):.4g} over {count}, expected about 1"
        f" ({deviation:+.1f} standard deviations, allowed {SIGMAS})"
    )


def not_above_chance(squares: float, freedom: int, *, what: str) -> None:
    """Assert that a chi-square statistic is not larger than chance makes it."""
    deviation = sigmas(squares, freedom)
    assert deviation <= SIGMAS, (
        f"{what}: got a chi-square of {squares:.4g} with {freedom} degrees of freedom"
        f" ({deviation:+.1f} standard deviations, allowed {SIGMAS})"
    )


def sigmas(squares: float, freedom: int) -> float:
    """Return a chi-square value as standard deviations of a normal number (Wilson and Hilferty 1931)."""
    spread = 2 / (9 * freedom)
    return float(((squares / freedom) ** (1 / 3) - (1 - spread)) / math.sqrt(spread))
