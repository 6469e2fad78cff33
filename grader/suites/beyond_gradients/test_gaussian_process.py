"""Hidden checks of task 9.4, `gp_posterior`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.beyond_gradients.drawn import FLOAT32, FLOAT64, normal, spread_points, uniform

# With noise 0.05 and at most 12 points the condition is at most 12.05 / 0.05 = 240, so that right solutions agree to
# about 12 * 240 * 1e-16 = 3e-13. 1e-7 leaves room for a jitter of 1e-10 that some add to the diagonal to be safe; one
# of 1e-8 moves the result by 2e-7 and is a different noise.
JITTERED = 1e-7


@check("gp-by-hand", task="9.4", points=3, visibility="visible", hint="README, section 'A surrogate'.")
def test_one_training_point_by_hand(solution: Solution) -> None:
    x_train, y_train = torch.zeros(1, 1, dtype=torch.float64), torch.tensor([2.0], dtype=torch.float64)
    x_query = torch.tensor([[0.0], [1.0], [2.0]], dtype=torch.float64)
    mean, std = solution.gp_posterior(x_train, y_train, x_query, noise=0.25)
    kernel = torch.tensor([1.0, math.exp(-0.5), math.exp(-2.0)], dtype=torch.float64)
    called = "gp_posterior([[0]], [2], [[0], [1], [2]], noise=0.25)"
    expect.close(mean, kernel * 2 / 1.25, what=f"{called}, mean", rtol=JITTERED)
    expect.close(std, (1 - kernel**2 / 1.25).sqrt(), what=f"{called}, std", rtol=JITTERED)


@check(
    "gp-mean",
    task="9.4",
    points=4,
    hint="The mean is not that of the formula. It is k_q^T K^-1 y: the system with K is solved for y, then multiplied "
    "by the kernel between training and query points.",
)
def test_mean_follows_the_formula(solution: Solution, draw: torch.Generator) -> None:
    given = _given(draw, 9, 7, 2)
    expect.close(solution.gp_posterior(*given, noise=0.05)[0], _posterior(*given)[0], what="mean", rtol=JITTERED)
    given = spread_points(draw, 8), normal(draw, 8), uniform(draw, 0, 12, 5, 1)
    wanted, _ = _posterior(*given, noise=1e-6)
    expect.close(solution.gp_posterior(*given)[0], wanted, what="mean with the defaults", rtol=JITTERED)


@check(
    "gp-std",
    task="9.4",
    points=4,
    hint="std is not that of the formula: the root of 1 - k_q^T K^-1 k_q. A standard deviation, not a variance, and it "
    "does not depend on y_train.",
)
def test_std_follows_the_formula(solution: Solution, draw: torch.Generator) -> None:
    given = _given(draw, 9, 7, 2)
    expect.close(solution.gp_posterior(*given, noise=0.05)[1], _posterior(*given)[1], what="std", rtol=JITTERED)
    given = spread_points(draw, 8), 1e3 * normal(draw, 8), uniform(draw, 0.3, 12, 5, 1)
    _, wanted = _posterior(*given, noise=1e-2)
    expect.close(solution.gp_posterior(*given, noise=1e-2)[1], wanted, what="std, large y_train", rtol=JITTERED)


@check(
    "gp-length-scale",
    task="9.4",
    points=3,
    hint="README, section 'A surrogate': the squared distance is divided by 2 * length_scale^2. With the default of 1 "
    "nobody sees whether it is squared, and whether it is there at all.",
)
def test_length_scale_stretches_distances(solution: Solution, draw: torch.Generator) -> None:
    for length_scale in (0.4, 2.5):
        given = _given(draw, 8, 6, 2)
        got = solution.gp_posterior(*given, length_scale=length_scale, noise=0.05)
        _same(got, _posterior(*given, length_scale=length_scale), f"length_scale {length_scale}")


@check(
    "gp-noise",
    task="9.4",
    points=3,
    hint="README, section 'A surrogate', on noise: a variance, added to the diagonal of the training points' matrix "
    "and nowhere else. std is that of the function, not that of a new noisy value.",
)
def test_noise_is_a_variance_of_the_training_values_only(solution: Solution, draw: torch.Generator) -> None:
    for noise in (0.5, 3.0, 0.01):
        given = _given(draw, 8, 6, 2)
        got = solution.gp_posterior(*given, noise=noise)
        _same(got, _posterior(*given, noise=noise), f"noise {noise}")


@check(
    "gp-far-away",
    task="9.4",
    points=1,
    hint="Far from all training points nothing is known: mean 0 and std 1, whatever the values are.",
)
def test_far_away_the_prior_is_left(solution: Solution, draw: torch.Generator) -> None:
    x_train, y_train, x_query = _given(draw, 8, 5, 2)
    mean, std = solution.gp_posterior(x_train, y_train + 3, x_query + 200, length_scale=0.5, noise=0.05)
    expect.close(mean, torch.zeros_like(mean), what="mean far away", atol=1e-12)
    expect.close(std, torch.ones_like(std), what="std far away", rtol=JITTERED)


@check(
    "gp-at-training-points",
    task="9.4",
    points=2,
    hint="At the training points, with hardly any noise, the mean is the value and std nearly 0. Rounding can make the "
    "variance -1e-16, whose root is NaN: clamp it at 0 first.",
)
def test_training_points_are_met(solution: Solution, draw: torch.Generator) -> None:
    # Points 1.2 apart or more: the smallest eigenvalue of the kernel is above 0.1. So noise 1e-6 moves the mean by
    # less than 1e-6 / 0.1 * |y| < 1e-4, and std is about sqrt(1e-6).
    x_train, y_train = spread_points(draw, 20), normal(draw, 20)
    mean, std = solution.gp_posterior(x_train, y_train, x_train, noise=1e-6)
    expect.close(mean, y_train, what="mean at the training points", rtol=0, atol=1e-4)
    expect.close(std, torch.zeros_like(std), what="std at the training points", rtol=0, atol=2e-3)
    # Without noise the variance is rounding alone, of either sign: below 1e-13 for points 0.8 apart (measured: 7e-16),
    # so std stays below 1e-6. Of 90 such variances ten or so are negative if nobody clamps them.
    for _ in range(3):
        x_train, y_train = spread_points(draw, 30, spacing=1.0), normal(draw, 30)
        mean, std = solution.gp_posterior(x_train, y_train, x_train, noise=0.0)
        expect.close(mean, y_train, what="mean at the training points, no noise", rtol=0, atol=1e-9)
        expect.close(std, torch.zeros_like(std), what="std there, no noise", rtol=0, atol=1e-6)
        assert bool((std >= 0).all()), "a standard deviation below 0"


@check(
    "gp-duplicates",
    task="9.4",
    points=1,
    hint="The same point may be measured several times, with other values. Each measurement counts, and noise keeps "
    "the matrix from being singular.",
)
def test_repeated_measurements_are_averaged(solution: Solution, draw: torch.Generator) -> None:
    # n measurements at one point: mean = sum(y) / (n + noise) and variance = noise / (n + noise), in closed form. The
    # matrix has a condition of 3e6; a solution rounds to 1e-9 or so, and 1e-7 is allowed in the variance.
    x_train, y_train = normal(draw, 1, 2).repeat(3, 1), normal(draw, 3) + 2
    mean, std = solution.gp_posterior(x_train, y_train, x_train[:1])
    expect.close(mean, y_train.sum().reshape(1) / (3 + 1e-6), what="mean of three measurements", atol=1e-6)
    wanted = torch.full((1,), 1e-6 / (3 + 1e-6), dtype=torch.float64)
    expect.close(std**2, wanted, what="variance after three measurements", atol=1e-7)
    x_train, y_train, x_query = _given(draw, 6, 5, 2)
    given = torch.cat([x_train, x_train[:3]]), torch.cat([y_train, y_train[:3] + 1]), x_query
    _same(solution.gp_posterior(*given, noise=0.05), _posterior(*given), "three points measured twice")


@check(
    "gp-shapes",
    task="9.4",
    points=1,
    hint="One or many training points, query points and features: x is (N, D), mean and std are (M,). A distance takes "
    "all D features into account.",
)
def test_any_number_of_points_and_features(solution: Solution, draw: torch.Generator) -> None:
    for count, queries, features in ((1, 1, 1), (1, 4, 3), (6, 1, 5), (4, 12, 1), (12, 4, 2), (5, 5, 5)):
        given = _given(draw, count, queries, features)
        got = solution.gp_posterior(*given, noise=0.05)
        _same(got, _posterior(*given), f"N={count}, M={queries}, D={features}")


@check(
    "gp-precision",
    task="9.4",
    points=1,
    hint="float32 in, float32 out; float64 must be computed in float64 all the way. An identity matrix made without "
    "a dtype is float32, and so is torch.tensor(0.7).",
)
def test_precision_is_kept(solution: Solution, draw: torch.Generator) -> None:
    for dtype, rtol in ((torch.float32, FLOAT32), (torch.float64, FLOAT64)):
        given = [value.to(dtype) for value in _given(draw, 6, 5, 2)]
        wanted = _posterior(*(value.double() for value in given), length_scale=0.7, noise=0.9)
        _same(solution.gp_posterior(*given, length_scale=0.7, noise=0.9), wanted, f"in {dtype}", rtol=rtol)


@check(
    "gp-arguments",
    task="9.4",
    points=1,
    hint="The caller's points and values must be the same after the call. Scaling x by /= changes the caller's.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    expect.untouched(solution.gp_posterior, *_given(draw, 5, 4, 2), length_scale=0.7, noise=0.1)


@check(
    "gp-errors",
    task="9.4",
    points=1,
    hint="The docstring, under Raises: length_scale must be positive, noise must not be negative.",
)
def test_invalid_settings_are_refused(solution: Solution) -> None:
    ones = torch.ones(1, 1, dtype=torch.float64)
    for invalid in ({"length_scale": 0.0}, {"length_scale": -1.0}, {"noise": -0.1}):
        expect.refuses(solution.gp_posterior, ones, ones[0], ones, **invalid)


def _given(draw: torch.Generator, count: int, queries: int, features: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return training points and values, and query points."""
    return uniform(draw, -2, 2, count, features), normal(draw, count), uniform(draw, -2, 2, queries, features)


def _posterior(
    x_train: Tensor, y_train: Tensor, x_query: Tensor, *, length_scale: float = 1.0, noise: float = 0.05
) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation as the formula has them, by one solved system."""

    def kernel(one: Tensor, other: Tensor) -> Tensor:
        return torch.exp(-((one[:, None] - other[None]) ** 2).sum(2) / (2 * length_scale**2))

    across = kernel(x_train, x_query)
    noisy = kernel(x_train, x_train) + noise * torch.eye(len(x_train), dtype=torch.float64)
    solved = torch.linalg.solve(noisy, torch.column_stack([y_train, across]))
    mean, variance = across.T @ solved[:, 0], 1 - (across * solved[:, 1:]).sum(0)
    return mean, variance.clamp(min=0).sqrt()


def _same(got: tuple[Tensor, Tensor], wanted: tuple[Tensor, Tensor], what: str, *, rtol: float = JITTERED) -> None:
    for name, one, other in zip(("mean", "std"), got, wanted, strict=True):
        expect.close(one, other, what=f"{what}, {name}", rtol=rtol, atol=rtol)
