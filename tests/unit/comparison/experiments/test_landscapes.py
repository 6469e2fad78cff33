"""The landscapes are what they say: their slopes, their curvatures, and the places where they are special."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from grader.comparison.experiments.landscapes import (
    Landscape,
    almost_flat,
    bowl,
    logistic_regression,
    one_parameter,
    rosenbrock,
    two_hollows,
)


def draw() -> torch.Generator:
    return torch.Generator().manual_seed(3)


LANDSCAPES = {
    "rosenbrock": rosenbrock(),
    "two hollows": two_hollows((0.6, 0.3)),
    "one parameter": one_parameter(),
    "bowl": bowl(draw(), (0.1, 1.0, 10.0)),
    "almost flat": almost_flat(),
    "logistic regression": logistic_regression(draw()),
}


@pytest.mark.parametrize("landscape", LANDSCAPES.values(), ids=LANDSCAPES)
def test_slope_and_curvature_are_those_of_small_steps(landscape: Landscape) -> None:
    point, small = landscape.begins, 1e-5
    _, grad = landscape.at(point)
    hessian = landscape.curvature(point)
    assert torch.equal(hessian, hessian.T)
    for place, step in enumerate(small * torch.eye(len(point), dtype=torch.float64)):
        (high, above), (low, below) = landscape.at(point + step), landscape.at(point - step)
        assert float(grad[place]) == pytest.approx((high - low) / (2 * small), rel=1e-5, abs=1e-8)
        assert torch.allclose(hessian[place], (above - below) / (2 * small), rtol=1e-5, atol=1e-8)


def test_the_minima_lie_where_they_are_said_to_lie() -> None:
    for landscape, minimum in ((rosenbrock(), (1.0, 1.0)), (one_parameter(), (math.log(2),))):
        _, grad = landscape.at(torch.tensor(minimum, dtype=torch.float64))
        assert float(grad.norm()) < 1e-15


def test_the_ridge_has_a_saddle_between_its_hollows() -> None:
    landscape = two_hollows((0.6, 0.3))
    saddle = torch.tensor([1.0, -0.5], dtype=torch.float64)
    assert float(landscape.at(saddle)[1].norm()) == 0
    assert [value > 0 for value in torch.linalg.eigvalsh(landscape.curvature(saddle)).tolist()] == [False, True]


def test_a_bowl_has_the_curvatures_asked_for_along_axes_of_its_own() -> None:
    def curvature(seed: int) -> Tensor:
        return bowl(torch.Generator().manual_seed(seed), (0.1, 1.0, 10.0)).curvature(torch.zeros(3).double())

    wanted = torch.tensor([0.1, 1.0, 10.0], dtype=torch.float64)
    assert torch.allclose(torch.linalg.eigvalsh(curvature(1)), wanted, rtol=1e-12)
    assert not torch.allclose(curvature(1), curvature(2))


def test_no_step_of_gradient_descent_on_the_plain_shows_a_useful_curvature() -> None:
    landscape = almost_flat()
    point = landscape.begins
    for _ in range(10):
        _, grad = landscape.at(point)
        _, after = landscape.at(point - grad)
        assert 0 < float(-grad @ (after - grad)) < 1e-10
        point = point - grad
