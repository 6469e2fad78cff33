"""Checks of task 4.7, `standardize`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import Solution, check

# Up to 50 samples pass through about 110 roundings at 1.1e-16 in float64. They are relative to values up to 20 times as
# large as the deviations from their mean: 3e-13 in all. A wrong formula shows at 1e-2, an eps of 1e-8 at 1e-8.
FLOAT64 = 1e-9
# The same count for float32 and 20 samples: 50 roundings at 6e-8, 20 times as large: 6e-5 in the worst order.
FLOAT32 = 1e-4


def samples(draw: torch.Generator, *shape: int) -> Tensor:
    """Return float64 samples whose features have means and scales of their own, from 0.3 to 3."""
    x = torch.randn(shape, generator=draw, dtype=torch.float64)
    scale = 0.3 * 10 ** torch.rand(shape[1:], generator=draw, dtype=torch.float64)
    return x * scale + 2 * torch.randn(shape[1:], generator=draw, dtype=torch.float64)


def wanted(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what standardize should, for features that are not constant; computed in float64."""
    x = x.double()
    std, mean = torch.std_mean(x, dim=0, correction=0)
    return (x - mean) / std, mean, std


def agrees(solution: Solution, x: Tensor, *, what: str, rtol: float = FLOAT64) -> None:
    """Assert that everything returned for `x`, which has no constant feature, is as it should be."""
    names = ("x_standardized", "mean", "std")
    for name, got, right in zip(names, solution.standardize(x), wanted(x), strict=True):
        expect.close(got, right, what=f"{what}, {name}", rtol=rtol)


@check(
    "standardize-matrix",
    task="4.7",
    points=3,
    hint="x of shape (N, D): every column gets mean 0 and standard deviation 1, with its own mean and std. Which "
    "dimension do you average over?",
)
def test_a_matrix(solution: Solution, draw: torch.Generator) -> None:
    for shape in ((40, 7), (5, 30)):
        x = samples(draw, *shape)
        got, *_ = solution.standardize(x)
        expect.close(got, wanted(x)[0], what=f"shape {shape}, x_standardized", rtol=FLOAT64)


@check(
    "standardize-statistics",
    task="4.7",
    points=2,
    hint="mean and std are returned so that new data can be standardised with them: those of the training data, one "
    "of each per feature. README, section 'Standardise the inputs'.",
)
def test_the_statistics_fit_new_data(solution: Solution, draw: torch.Generator) -> None:
    x = samples(draw, 50, 6)
    new = samples(draw, 9, 6)
    _, mean, std = solution.standardize(x)
    _, right_mean, right_std = wanted(x)
    expect.close((new - mean) / std, (new - right_mean) / right_std, what="new data, standardised", rtol=FLOAT64)


@check(
    "standardize-biased",
    task="4.7",
    points=2,
    hint="Divide the sum of squares by N, not by N - 1. With two samples the difference is a factor of 1.41.",
)
def test_few_samples_show_the_divisor(solution: Solution, draw: torch.Generator) -> None:
    for count in (2, 3):
        agrees(solution, samples(draw, count, 4), what=f"{count} samples")


@check(
    "standardize-more-dimensions",
    task="4.7",
    points=2,
    hint="x of shape (N, A, B) has A * B features, one for each place: average over dimension 0 alone.",
)
def test_samples_with_two_dimensions(solution: Solution, draw: torch.Generator) -> None:
    agrees(solution, samples(draw, 30, 4, 5), what="shape (30, 4, 5)")
    agrees(solution, samples(draw, 5, 30).t(), what="a transposed matrix")


@check(
    "standardize-constant",
    task="4.7",
    points=2,
    hint="A feature that is the same in all samples becomes zeros, with std 0: no NaN, and rounding of its mean must "
    "not be blown up. How do you find out that a feature is constant?",
)
def test_a_constant_feature_becomes_zeros(solution: Solution, draw: torch.Generator) -> None:
    for count in (3, 6, 7, 49):
        x = samples(draw, count, 6)
        # The mean of equal numbers is off by rounding for some of these numbers and counts, and exact for others.
        x[:, [0, 2]] = torch.tensor([0.0, 0.1], dtype=torch.float64)
        x[:, [3, 5]] = torch.randn(2, generator=draw, dtype=torch.float64)
        got, mean, std = solution.standardize(x)
        right, right_mean, _ = wanted(x)
        constant, others = [0, 2, 3, 5], [1, 4]
        # What rounding may leave: 50 times 1.1e-16 of values below 10. Divided by a std of that size it would be 1.
        expect.close(got[:, constant], torch.zeros(count, 4), what="constant features", atol=1e-13)
        expect.close(std[constant], torch.zeros(4), what="std of constant features", atol=1e-13)
        expect.close(mean, right_mean, what="mean")
        expect.close(got[:, others], right[:, others], what="the features beside them", rtol=FLOAT64)


@check(
    "standardize-one-sample",
    task="4.7",
    points=1,
    hint="With a single sample every feature is constant: zeros, not NaN.",
)
def test_a_single_sample(solution: Solution, draw: torch.Generator) -> None:
    x = samples(draw, 1, 5)
    got, mean, std = solution.standardize(x)
    for name, value in (("x_standardized", got[0]), ("std", std)):
        expect.close(value, torch.zeros(5), what=name)
    expect.close(mean, x[0], what="mean")


@check(
    "standardize-any-scale",
    task="4.7",
    points=1,
    hint="A feature measured in other units, with values of 1e-10 or 1e+10, is standardised to the same result. What "
    "is added to std, or compared with it?",
)
def test_features_of_any_scale(solution: Solution, draw: torch.Generator) -> None:
    x = samples(draw, 30, 4) * torch.tensor([1e-10, 1.0, 1e10, 1e-12], dtype=torch.float64)
    for name, got, right in zip(("x_standardized", "mean", "std"), solution.standardize(x), wanted(x), strict=True):
        for feature in range(4):
            expect.close(got[..., feature], right[..., feature], what=f"{name} of feature {feature}", rtol=FLOAT64)


@check(
    "standardize-large-offset",
    task="4.7",
    points=1,
    hint="Values around a million with a spread of one: the mean of the squares minus the square of the mean loses "
    "most of its digits there. Subtract the mean first.",
)
def test_values_far_from_zero(solution: Solution, draw: torch.Generator) -> None:
    # The mean of 50 values of 1e6 is off by at most 50 * 1.1e-16 * 1e6 = 6e-9, so the result by 2e-8 where std is 0.3,
    # and std by less. The mean of the squares, 1e12, rounds at 1e-4: a thousand times what is allowed here.
    x = samples(draw, 50, 5) + 1e6
    got, mean, std = solution.standardize(x)
    right, right_mean, right_std = wanted(x)
    expect.close(mean, right_mean, what="mean", rtol=1e-13)
    expect.close(std, right_std, what="std", rtol=0.0, atol=1e-7)
    expect.close(got, right, what="x_standardized", rtol=0.0, atol=1e-7)


@check(
    "standardize-precision-and-purity",
    task="4.7",
    points=1,
    hint="float32 in, float32 out; float64 in, float64 all the way. x itself stays as it was: operators like -= work "
    "in place.",
)
def test_precision_and_arguments(solution: Solution, draw: torch.Generator) -> None:
    x = samples(draw, 20, 3)
    agrees(solution, x, what="float64")
    agrees(solution, x.float(), what="float32", rtol=FLOAT32)
    expect.untouched(solution.standardize, x)
