"""Checks of task 4.3, `xavier_uniform`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math

import torch

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.initializers.laws import (
    UNIFORM,
    accepts,
    convolution,
    differs_by_seed,
    fills_the_bounds,
    follows_the_seed,
    has_distribution,
    has_independent_neighbours,
    has_moments,
    seed_of,
    tall,
    twice,
    wide,
    xavier_std,
)


@check(
    "xavier-uniform-bounds",
    task="4.3",
    points=2,
    hint="The weights fill the whole interval [-bound, bound], both sides alike. Print the least and the largest of "
    "many weights beside the bound of the docstring.",
)
def test_the_bounds(solution: Solution, draw: torch.Generator) -> None:
    def attempt(seed: int) -> None:
        for shape in (wide(draw), tall(draw)):
            bound = math.sqrt(3) * xavier_std(shape)
            fills_the_bounds(solution.xavier_uniform(shape, seed=seed), bound, what=f"shape {shape}")

    twice(draw, attempt)


@check(
    "xavier-uniform-spread",
    task="4.3",
    points=2,
    hint="The standard deviation of wide and tall layers is not Xavier's. Both fans count, and the bound of a uniform "
    "distribution is sqrt(3) times its standard deviation.",
)
def test_mean_and_spread(solution: Solution, draw: torch.Generator) -> None:
    def attempt(seed: int) -> None:
        for shape in (wide(draw), tall(draw)):
            sample = solution.xavier_uniform(shape, seed=seed)
            has_moments(sample, UNIFORM, xavier_std(shape), what=f"shape {shape}")

    twice(draw, attempt)


@check(
    "xavier-uniform-distribution",
    task="4.3",
    points=2,
    hint="The weights are not spread evenly over [-bound, bound]. Draw a histogram: it has to be flat.",
)
def test_the_distribution_is_uniform(solution: Solution, draw: torch.Generator) -> None:
    shape = wide(draw)

    def attempt(seed: int) -> None:
        sample = solution.xavier_uniform(shape, seed=seed)
        has_distribution(sample, UNIFORM, xavier_std(shape), what=f"shape {shape}")

    twice(draw, attempt)


@check(
    "xavier-uniform-convolution",
    task="4.3",
    points=2,
    hint="The shapes of convolutions go wrong. Every element of the kernel counts for the fans: call your "
    "fan_in_and_fan_out.",
)
def test_convolutions(solution: Solution, draw: torch.Generator) -> None:
    oblong = convolution(draw)

    def attempt(seed: int) -> None:
        for shape in (oblong, (140, 30, 5)):
            has_moments(solution.xavier_uniform(shape, seed=seed), UNIFORM, xavier_std(shape), what=f"shape {shape}")

    twice(draw, attempt)


@check(
    "xavier-uniform-gain",
    task="4.3",
    points=2,
    hint="The gain multiplies the bound once, outside the root. Try gain=0.5 and gain=3.",
)
def test_the_gain(solution: Solution, draw: torch.Generator) -> None:
    shape = wide(draw)

    def attempt(seed: int) -> None:
        for gain in (0.3, 5 / 3):
            sample = solution.xavier_uniform(shape, gain=gain, seed=seed)
            has_moments(sample, UNIFORM, xavier_std(shape, gain), what=f"shape {shape}, gain={gain:.6g}")

    twice(draw, attempt)


@check(
    "xavier-uniform-same-seed",
    task="4.3",
    points=1,
    hint="Two calls with the same seed return the same tensor, whatever was drawn in between, and leave PyTorch's "
    "global generator alone. Make a generator of your own inside the function and hand it to whatever draws.",
)
def test_the_same_seed_gives_the_same_weights(solution: Solution, draw: torch.Generator) -> None:
    follows_the_seed(solution.xavier_uniform, draw)


@check(
    "xavier-uniform-other-seed",
    task="4.3",
    points=1,
    hint="Another seed has to give other weights, also the seed next to it. Does the seed reach the generator?",
)
def test_another_seed_gives_other_weights(solution: Solution, draw: torch.Generator) -> None:
    differs_by_seed(lambda seed: solution.xavier_uniform((40, 30), seed=seed), draw)


@check(
    "xavier-uniform-independence",
    task="4.3",
    points=1,
    hint="Neighbouring weights are correlated: are rows, or whole kernels, copies of each other? Print a small weight.",
)
def test_weights_are_independent(solution: Solution, draw: torch.Generator) -> None:
    def attempt(seed: int) -> None:
        for shape in ((70, 50), (6, 7, 8, 9)):
            sample = solution.xavier_uniform(shape, seed=seed)
            has_independent_neighbours(sample, what=f"shape {shape}")

    twice(draw, attempt)


@check(
    "xavier-uniform-value-errors",
    task="4.3",
    points=2,
    hint="A negative gain and a shape with fewer than two dimensions raise ValueError. gain = 0 is valid and "
    "gives zeros.",
)
def test_invalid_arguments_are_refused(solution: Solution, draw: torch.Generator) -> None:
    seed = seed_of(draw)
    expect.refuses(solution.xavier_uniform, (4, 3), gain=-0.5, seed=seed)
    expect.refuses(solution.xavier_uniform, (7,), seed=seed)
    expect.refuses(solution.xavier_uniform, (), seed=seed)
    expect.close(accepts(solution.xavier_uniform, (4, 3), gain=0.0, seed=seed), torch.zeros(4, 3), what="gain=0")
