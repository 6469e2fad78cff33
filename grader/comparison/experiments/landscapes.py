"""Smooth functions of several parameters, to be minimised with gradients and curvature. All in float64, on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

Window = tuple[tuple[float, float], tuple[float, float]]
"""The ends of both axes."""


@dataclass(frozen=True, eq=False)
class Landscape:
    """A function of D parameters: its value at a point (D,), and where to start."""

    value: Callable[[Tensor], Tensor]
    begins: Tensor

    def at(self, point: Tensor) -> tuple[float, Tensor]:
        """Return the height at a point and the gradient (D,) there."""
        leaf = point.detach().requires_grad_()
        height = self.value(leaf)
        return float(height.detach()), torch.autograd.grad(height, leaf)[0]

    def curvature(self, point: Tensor) -> Tensor:
        """Return the Hessian (D, D) at a point."""
        leaf = point.detach().requires_grad_()
        (grad,) = torch.autograd.grad(self.value(leaf), leaf, create_graph=True)
        rows = torch.stack([torch.autograd.grad(slope, leaf, retain_graph=True)[0] for slope in grad])
        return (rows + rows.T) / 2

    def height(self, *place: float) -> float:
        """Return the height at a place."""
        return float(self.value(torch.tensor(place, dtype=torch.float64)))


def rosenbrock(begins: Sequence[float] = (-1.2, 1.0)) -> Landscape:
    """Return Rosenbrock's valley, a hundredth as steep as usual: bent, with its minimum at (1, 1)."""

    def value(point: Tensor) -> Tensor:
        x, y = point[0], point[1]
        return ((1 - x) ** 2 + 100 * (y - x**2) ** 2) / 100

    return Landscape(value, _row(begins))


def two_hollows(begins: Sequence[float]) -> Landscape:
    """Return a ridge between two hollows, with a saddle at (1, -0.5): beside the saddle it is curved downwards."""

    def value(point: Tensor) -> Tensor:
        x, y = point[0] - 1, point[1] + 0.5
        return x**4 / 4 - x**2 / 2 + 0.6 * y**2 + 0.3 * x * y

    return Landscape(value, _row(begins))


def one_parameter() -> Landscape:
    """Return a function of one parameter, exp(x) - 2 x, with its minimum at log(2)."""
    return Landscape(lambda point: (point.exp() - 2 * point).sum(), _row((-1.0,)))


def bowl(draw: torch.Generator, curvatures: Sequence[float]) -> Landscape:
    """Return a quadratic with these curvatures along random axes, its minimum and its start at random places."""
    axes = torch.linalg.qr(_normal(draw, len(curvatures), len(curvatures)))[0]
    matrix = axes @ torch.diag(_row(curvatures)) @ axes.T
    matrix = (matrix + matrix.T) / 2
    centre, begins = _normal(draw, len(curvatures)), 2 * _normal(draw, len(curvatures))

    def value(point: Tensor) -> Tensor:
        apart = point - centre
        return apart.dot(matrix @ apart) / 2

    return Landscape(value, begins)


def waves() -> Landscape:
    """Return a bowl with waves: the way to its minimum begins curved upwards, and then leads over a crest."""

    def value(point: Tensor) -> Tensor:
        x, y = point[0], point[1]
        return 0.05 * (x**2 + 3 * y**2) + 0.4 * torch.sin(1.5 * x)

    return Landscape(value, _row((8.0, -2.0)))


def almost_flat() -> Landscape:
    """Return a wide bowl that bends so little that no step of gradient descent shows a useful curvature."""

    def value(point: Tensor) -> Tensor:
        return 5e-6 * (point.square() * _row((1.0, 0.5, 0.3))).sum()

    return Landscape(value, _row((60.0, -40.0, 50.0)))


def logistic_regression(draw: torch.Generator, *, features: int = 5, count: int = 80) -> Landscape:
    """Return the mean loss of a linear classifier of two classes, with a little weight decay, started at 0.1."""
    x = _normal(draw, count, features)
    truth = x @ _normal(draw, features) + 0.7 * _normal(draw, count)
    signs = torch.where(truth > 0, 1.0, -1.0).double()

    def value(weights: Tensor) -> Tensor:
        return functional.softplus(-signs * (x @ weights)).mean() + 0.01 * weights.square().sum()

    return Landscape(value, torch.full((features,), 0.1, dtype=torch.float64))


def _row(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _normal(draw: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=draw, dtype=torch.float64)
