"""Hidden checks of task 9.5, `expected_improvement`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.beyond_gradients.drawn import normal, uniform

# Phi by way of erf rounds to 1.1e-16, of 1: that is what it is off by in the tail as well, where it is tiny itself.
# Times |best - mean| and beside the rounding of the other term this stays below 1e-15 * (|best - mean| + std); 1e-12
# leaves room for reordering, and float32 shows at 6e-8.
FLOAT64 = 1e-12
FLOAT32 = 2e-6  # the same count: a dozen roundings at 6e-8


@check("ei-by-hand", task="9.5", points=2, visibility="visible", hint="README, section 'Expected improvement'.")
def test_three_points_by_hand(solution: Solution) -> None:
    mean, std = (torch.tensor(values, dtype=torch.float64) for values in ([1.0, 0.0, 2.0], [1.0, 1.0, 2.0]))
    got = solution.expected_improvement(mean, std, 1.0)
    # At z = 0 only the density is left; at z = 1 and z = -0.5 both terms count.
    wanted = torch.tensor([0.3989422804014327, 1.0833154705876864, 0.3955931148026120], dtype=torch.float64)
    expect.close(got, wanted, what="expected_improvement([1, 0, 2], [1, 1, 2], best=1)", rtol=1e-9)


@check(
    "ei-formula",
    task="9.5",
    points=4,
    hint="The result is not that of the formula. Look at each of its parts: z divides by std, the density is "
    "multiplied by std, Phi is the probability below z, and best is the argument.",
)
def test_formula(solution: Solution, draw: torch.Generator) -> None:
    for best in (-0.7, 0.0, 12.3):
        mean, std = best + 2 * normal(draw, 40), uniform(draw, 0.05, 3.0, 40)
        _follows(solution, mean, std, best)


@check(
    "ei-certain",
    task="9.5",
    points=3,
    hint="Where std is 0 there is nothing to divide by: the improvement is best - mean if mean is lower than best, and "
    "exactly 0 otherwise. Never NaN.",
)
def test_without_uncertainty_only_a_lower_mean_improves(solution: Solution, draw: torch.Generator) -> None:
    best = float(normal(draw, 1))
    mean = torch.tensor([best, best + 1, best + 1e-9, best - 1.5, best - 1e-3, best], dtype=torch.float64)
    std = torch.tensor([0.0, 0.0, 0.0, 0.0, 0.0, 0.7], dtype=torch.float64)
    got = solution.expected_improvement(mean, std, best)
    zeros = torch.zeros(3, dtype=torch.float64)
    assert torch.equal(got[:3].abs(), zeros), f"std 0, mean at best or above: got {got[:3].tolist()}, expected 0"
    expect.close(got[3:5], best - mean[3:5], what="std 0, mean below best", rtol=FLOAT64)
    expect.close(got[5:], std[5:] / math.sqrt(2 * math.pi), what="a point beside certain ones", rtol=FLOAT64)


@check(
    "ei-tails",
    task="9.5",
    points=2,
    hint="Far above best the improvement is next to nothing, but neither negative nor NaN: rounding can leave -1e-16, "
    "so clamp at 0. Far below best it is best - mean.",
)
def test_tails_are_finite_and_never_negative(solution: Solution, draw: torch.Generator) -> None:
    # Phi by way of erf is a multiple of 5.5e-17: between z = -8.4 and z = -7.5 the difference of the two terms, 1e-16
    # at most, is all rounding, and comes out negative about every second time if nobody clamps it.
    for dtype, places in (
        (torch.float64, uniform(draw, -8.4, -7.5, 200)),
        (torch.float64, uniform(draw, -45.0, 45.0, 60)),
        (torch.float64, torch.tensor([-1e4, -300.0, 300.0, 1e4], dtype=torch.float64)),
        (torch.float32, uniform(draw, -5.8, -4.8, 200)),
    ):
        std = uniform(draw, 0.1, 2.0, len(places)).to(dtype)
        mean = (-places * std.double()).to(dtype)
        got = solution.expected_improvement(mean, std, 0.0)
        assert bool(torch.isfinite(got).all()), f"z from {float(places.min()):.3g}: got NaN or infinity"
        assert bool((got >= 0).all()), f"z from {float(places.min()):.3g}: got {float(got.min()):.3g}, below 0"
        _close(got, mean, std, 0.0, FLOAT64 if dtype == torch.float64 else FLOAT32)


@check(
    "ei-minimisation",
    task="9.5",
    points=1,
    hint="README, section 'Expected improvement': here lower is better. A point with a lower mean must promise more.",
)
def test_lower_means_promise_more(solution: Solution, draw: torch.Generator) -> None:
    best = float(normal(draw, 1))
    mean = best + torch.linspace(-2, 2, 9, dtype=torch.float64)
    got = solution.expected_improvement(mean, torch.full_like(mean, 0.8), best)
    assert bool((got[1:] < got[:-1]).all()), f"means rising from best - 2 to best + 2: got {got.tolist()}"


@check(
    "ei-exploration",
    task="9.5",
    points=1,
    hint="Uncertainty is worth something: at the same mean, also one above best, a larger std promises a larger "
    "improvement, in the units of the values.",
)
def test_uncertainty_promises_more(solution: Solution, draw: torch.Generator) -> None:
    best = float(normal(draw, 1))
    for offset in (0.0, 0.5, -0.5):
        std = uniform(draw, 0.3, 0.4, 6).cumsum(0)
        mean = torch.full_like(std, best + offset)
        got = solution.expected_improvement(mean, std, best)
        assert bool((got[1:] > got[:-1]).all()), f"std rising from 0.3 to 2, mean best {offset:+}: got {got.tolist()}"
        _close(got, mean, std, best, FLOAT64)


@check(
    "ei-precision",
    task="9.5",
    points=1,
    hint="float32 in, float32 out; float64 must be computed in float64 all the way. torch.tensor(best) is float32.",
)
def test_precision_is_kept(solution: Solution, draw: torch.Generator) -> None:
    for dtype, rtol in ((torch.float32, FLOAT32), (torch.float64, FLOAT64)):
        best = float(uniform(draw, 0.3, 0.9, 1))
        mean, std = normal(draw, 12).to(dtype), uniform(draw, 0.2, 2.0, 12).to(dtype)
        _follows(solution, mean, std, best, rtol)


@check(
    "ei-arguments",
    task="9.5",
    points=1,
    hint="The caller's mean and std must be the same after the call, also where std is 0: do not write into them.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    std = uniform(draw, 0.2, 2.0, 6)
    std[2] = 0.0
    expect.untouched(solution.expected_improvement, normal(draw, 6), std, 0.1)


def _follows(solution: Solution, mean: Tensor, std: Tensor, best: float, rtol: float = FLOAT64) -> None:
    _close(solution.expected_improvement(mean, std, best), mean, std, best, rtol)


def _close(got: Tensor, mean: Tensor, std: Tensor, best: float, rtol: float) -> None:
    """Assert the formula, each element held to the size of its own two terms."""
    gain, spread = best - mean.double(), std.double()
    z = gain / spread
    wanted = gain * torch.special.ndtr(z) + spread * torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    size = gain.abs() + spread
    expect.close(
        got.double() / size, wanted / size, what=f"best {best:.3g}, over |best - mean| + std", rtol=0, atol=rtol
    )
