"""Checks of task 4.2, `random_normal`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.initializers.laws import (
    NORMAL,
    accepts,
    differs_by_seed,
    follows_the_seed,
    has_distribution,
    has_independent_neighbours,
    has_moments,
    has_tails,
    seed_of,
    tall,
    twice,
    wide,
)


@check(
    "random-normal-shapes",
    task="4.2",
    points=2,
    hint="The result is a float32 tensor of exactly the shape asked for. () is a scalar, and (0, 3) holds nothing.",
)
def test_any_shape(solution: Solution, draw: torch.Generator) -> None:
    for shape in ((), (1,), (5,), (0, 3), (4, 3), (2, 3, 4), (2, 3, 4, 5)):
        solution.random_normal(shape, seed=seed_of(draw))


@check(
    "random-normal-defaults",
    task="4.2",
    points=2,
    hint="Without settings the weights have mean 0 and the standard deviation 0.01. Draw many and measure.",
)
def test_mean_and_spread_by_default(solution: Solution, draw: torch.Generator) -> None:
    shape = wide(draw)
    twice(draw, lambda seed: has_moments(solution.random_normal(shape, seed=seed), NORMAL, 0.01, what="defaults"))


@check(
    "random-normal-settings",
    task="4.2",
    points=3,
    hint="Set mean=3 and std=0.5 and measure both. std is the standard deviation, not the variance, and the mean is "
    "not scaled by it.",
)
def test_mean_and_spread_are_those_asked_for(solution: Solution, draw: torch.Generator) -> None:
    mean, std = (0.2 + float(torch.rand((), generator=draw)) for _ in range(2))
    shape = tall(draw)

    def attempt(seed: int) -> None:
        for wanted, spread in ((3 + mean, 0.1 * std), (-5 * mean, 2 + std)):
            got = solution.random_normal(shape, mean=wanted, std=spread, seed=seed)
            has_moments(got, NORMAL, spread, mean=wanted, what=f"mean={wanted:.6g}, std={spread:.6g}")

    twice(draw, attempt)


@check(
    "random-normal-distribution",
    task="4.2",
    points=3,
    hint="Mean and standard deviation may be right, but the distribution is not the normal one. Draw a histogram.",
)
def test_the_distribution_is_normal(solution: Solution, draw: torch.Generator) -> None:
    shape = wide(draw)

    def attempt(seed: int) -> None:
        sample = solution.random_normal(shape, std=0.3, seed=seed)
        has_distribution(sample, NORMAL, 0.3, what="std=0.3")
        has_tails(sample, 0.3, what="std=0.3")

    twice(draw, attempt)


@check(
    "random-normal-same-seed",
    task="4.2",
    points=2,
    hint="Two calls with the same seed return the same tensor, whatever was drawn in between, and leave PyTorch's "
    "global generator alone. Make a generator of your own inside the function and hand it to whatever draws.",
)
def test_the_same_seed_gives_the_same_weights(solution: Solution, draw: torch.Generator) -> None:
    follows_the_seed(solution.random_normal, draw)


@check(
    "random-normal-other-seed",
    task="4.2",
    points=1,
    hint="Another seed has to give other weights, also the seed next to it. Does the seed reach the generator?",
)
def test_another_seed_gives_other_weights(solution: Solution, draw: torch.Generator) -> None:
    differs_by_seed(lambda seed: solution.random_normal((40, 30), seed=seed), draw)


@check(
    "random-normal-independence",
    task="4.2",
    points=1,
    hint="Neighbouring elements are correlated: are rows or columns copies of each other? Print a small matrix.",
)
def test_elements_are_independent(solution: Solution, draw: torch.Generator) -> None:
    def attempt(seed: int) -> None:
        for shape in ((70, 50), (6, 7, 8, 9)):
            has_independent_neighbours(solution.random_normal(shape, seed=seed), what=f"shape {shape}")

    twice(draw, attempt)


@check(
    "random-normal-value-errors",
    task="4.2",
    points=1,
    hint="A negative std raises ValueError; std = 0 is valid, and every element is the mean then.",
)
def test_a_negative_std_is_refused(solution: Solution, draw: torch.Generator) -> None:
    expect.refuses(solution.random_normal, (4, 3), std=-0.1, seed=seed_of(draw))
    got = accepts(solution.random_normal, (4, 3), mean=1.5, std=0.0, seed=seed_of(draw))
    expect.close(got, torch.full((4, 3), 1.5), what="mean=1.5, std=0")
