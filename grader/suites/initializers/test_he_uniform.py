"""Checks of task 4.5, `he_uniform`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math

import torch

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.initializers.laws import (
    UNIFORM,
    convolution,
    differs_by_seed,
    fills_the_bounds,
    follows_the_seed,
    has_distribution,
    has_independent_neighbours,
    has_moments,
    he_std,
    seed_of,
    tall,
    twice,
    wide,
)


@check(
    "he-uniform-bounds",
    task="4.5",
    points=2,
    hint="The weights fill the whole interval [-bound, bound], both sides alike. Print the least and the largest of "
    "many weights beside the bound of the docstring.",
)
def test_the_bounds(solution: Solution, draw: torch.Generator) -> None:
    def attempt(seed: int) -> None:
        for shape in (wide(draw), tall(draw)):
            bound = math.sqrt(3) * he_std(shape)
            fills_the_bounds(solution.he_uniform(shape, seed=seed), bound, what=f"shape {shape}")

    twice(draw, attempt)


@check(
    "he-uniform-spread",
    task="4.5",
    points=2,
    hint="The standard deviation of wide and tall layers is not He's. By default fan_in alone counts, and the bound of "
    "a uniform distribution is sqrt(3) times its standard deviation.",
)
def test_mean_and_spread(solution: Solution, draw: torch.Generator) -> None:
    def attempt(seed: int) -> None:
        for shape in (wide(draw), tall(draw)):
            sample = solution.he_uniform(shape, seed=seed)
            has_moments(sample, UNIFORM, he_std(shape), what=f"shape {shape}")

    twice(draw, attempt)


@check(
    "he-uniform-distribution",
    task="4.5",
    points=1,
    hint="The weights are not spread evenly over [-bound, bound]. Draw a histogram: it has to be flat.",
)
def test_the_distribution_is_uniform(solution: Solution, draw: torch.Generator) -> None:
    shape = wide(draw)

    def attempt(seed: int) -> None:
        sample = solution.he_uniform(shape, seed=seed)
        has_distribution(sample, UNIFORM, he_std(shape), what=f"shape {shape}")

    twice(draw, attempt)


@check(
    "he-uniform-convolution",
    task="4.5",
    points=2,
    hint="The shapes of convolutions go wrong. Every element of the kernel counts for the fans: call your "
    "fan_in_and_fan_out.",
)
def test_convolutions(solution: Solution, draw: torch.Generator) -> None:
    oblong = convolution(draw)

    def attempt(seed: int) -> None:
        for shape in (oblong, (140, 30, 5)):
            has_moments(solution.he_uniform(shape, seed=seed), UNIFORM, he_std(shape), what=f"shape {shape}")

    twice(draw, attempt)


@check(
    "he-uniform-fan-out",
    task="4.5",
    points=3,
    hint='mode="fan_out" counts the outputs in place of the inputs: try it on a layer with many more outputs than '
    "inputs, and on a convolution.",
)
def test_the_mode_fan_out(solution: Solution, draw: torch.Generator) -> None:
    shapes = wide(draw), tall(draw), convolution(draw)

    def attempt(seed: int) -> None:
        for shape in shapes:
            sample = solution.he_uniform(shape, mode="fan_out", seed=seed)
            has_moments(sample, UNIFORM, he_std(shape, "fan_out"), what=f"shape {shape}, mode=fan_out")

    twice(draw, attempt)


@check(
    "he-uniform-same-seed",
    task="4.5",
    points=1,
    hint="Two calls with the same seed return the same tensor, whatever was drawn in between, and leave PyTorch's "
    "global generator alone. Make a generator of your own inside the function and hand it to whatever draws.",
)
def test_the_same_seed_gives_the_same_weights(solution: Solution, draw: torch.Generator) -> None:
    follows_the_seed(solution.he_uniform, draw)


@check(
    "he-uniform-other-seed",
    task="4.5",
    points=1,
    hint="Another seed has to give other weights, also the seed next to it. Does the seed reach the generator?",
)
def test_another_seed_gives_other_weights(solution: Solution, draw: torch.Generator) -> None:
    differs_by_seed(lambda seed: solution.he_uniform((40, 30), seed=seed), draw)


@check(
    "he-uniform-independence",
    task="4.5",
    points=1,
    hint="Neighbouring weights are correlated: are rows, or whole kernels, copies of each other? Print a small weight.",
)
def test_weights_are_independent(solution: Solution, draw: torch.Generator) -> None:
    def attempt(seed: int) -> None:
        for shape in ((70, 50), (6, 7, 8, 9)):
            sample = solution.he_uniform(shape, seed=seed)
            has_independent_neighbours(sample, what=f"shape {shape}")

    twice(draw, attempt)


@check(
    "he-uniform-value-errors",
    task="4.5",
    points=2,
    hint="A mode that is neither fan_in nor fan_out, and a shape with fewer than two dimensions, raise ValueError.",
)
def test_invalid_arguments_are_refused(solution: Solution, draw: torch.Generator) -> None:
    seed = seed_of(draw)
    expect.refuses(solution.he_uniform, (4, 3), mode="fan_avg", seed=seed)
    expect.refuses(solution.he_uniform, (4, 3), mode="", seed=seed)
    expect.refuses(solution.he_uniform, (7,), seed=seed)
    expect.refuses(solution.he_uniform, (), seed=seed)
