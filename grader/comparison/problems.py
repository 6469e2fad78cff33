"""What is trained on: data with batches in a fixed order, and functions of two parameters that can be drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from grader.comparison import data
from grader.comparison.finding import World
from grader.comparison.networks import Mlp, Params, accuracy


@dataclass(frozen=True)
class Labelled:
    """Inputs (N, D) with labels (N,) in int64, to train on and to look at."""

    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    classes: int

    def to(self, device: torch.device | str, dtype: torch.dtype) -> Labelled:
        """Return it on a device, with the inputs in a dtype."""
        return Labelled(
            self.x_train.to(device, dtype),
            self.y_train.to(device),
            self.x_test.to(device, dtype),
            self.y_test.to(device),
            self.classes,
        )


def clusters(draw: torch.Generator, *, features: int = 6, classes: int = 4, count: int = 384) -> Labelled:
    """Return a synthetic problem in float64: each class is two clouds of points, a quarter of them kept for looking.

    The last feature is zero in nearly all samples, as words are in texts: many batches leave its weights no gradient.
    """
    centres = 1.6 * torch.randn((classes * 2, features), generator=draw, dtype=torch.float64)
    which = torch.randint(classes * 2, (count,), generator=draw)
    x = centres[which] + torch.randn((count, features), generator=draw, dtype=torch.float64)
    x = (x - x.mean(0)) / x.std(0)
    x[:, -1] *= torch.rand(count, generator=draw) < _RARE
    cut = count - count // 4
    labels = which // 2
    return Labelled(x[:cut], labels[:cut], x[cut:], labels[cut:], classes)


_RARE = 0.04


def data_of(world: World, draw: torch.Generator) -> Labelled:
    """Return the data set that the exercise's manifest asks for, inputs normalised. Raises `GraderFault`."""
    if world.data == "synthetic":
        return clusters(draw)
    found = data.load(world.data, folder=world.folder / "datasets")
    return Labelled(found.x_train, found.y_train, found.x_test, found.y_test, found.classes)


def batches(count: int, size: int, steps: int, draw: torch.Generator) -> list[Tensor]:
    """Return the rows of `steps` batches, shuffled anew whenever all rows have been seen; short ones are left out."""
    found: list[Tensor] = []
    while len(found) < steps:
        order = torch.randperm(count, generator=draw)
        found += [order[first : first + size] for first in range(0, count - size + 1, size)]
    return found[:steps]


class Fitting:
    """The cross-entropy of a network on given batches: the judge's own loss and gradients at any parameters."""

    def __init__(self, network: Mlp, labelled: Labelled, rows: list[Tensor], params: Params) -> None:
        self._network, self._labelled, self._rows = network, labelled, rows
        self.params = params
        self.names = network.names

    def at(self, params: Params, step: int) -> tuple[float, Params]:
        """Return the loss on the batch of a step, from 0, and its gradient for each parameter."""
        leaves = [param.detach().requires_grad_() for param in params]
        rows = self._rows[step]
        logits = self._network.logits(leaves, self._labelled.x_train[rows])
        loss = functional.cross_entropy(logits, self._labelled.y_train[rows])
        return float(loss.detach()), list(torch.autograd.grad(loss, leaves))

    def looked_at(self, params: Params) -> tuple[float, float]:
        """Return loss and accuracy on the part that is not trained on."""
        with torch.no_grad():
            logits = self._network.logits(params, self._labelled.x_test)
            loss = float(functional.cross_entropy(logits, self._labelled.y_test))
            return loss, accuracy(logits, self._labelled.y_test)


@dataclass(frozen=True)
class Valley:
    """A function of two parameters: what it is, where to start, and the window in which it is drawn."""

    words: str
    value: Callable[[Tensor, Tensor], Tensor]
    begins: tuple[float, float]
    x: tuple[float, float]
    y: tuple[float, float]

    names = ("point",)

    @property
    def params(self) -> Params:
        return [torch.tensor(self.begins, dtype=torch.float64)]

    def at(self, params: Params, step: int) -> tuple[float, Params]:  # noqa: ARG002 - the same at every step
        """Return the height at a point and the gradient there."""
        point = params[0].detach().requires_grad_()
        height = self.value(point[0], point[1])
        return float(height.detach()), list(torch.autograd.grad(height, [point]))

    def heights(self, places: Tensor) -> Tensor:
        """Return the heights (...) of places (2, ...)."""
        return self.value(places[0], places[1])


def _ravine(x: Tensor, y: Tensor) -> Tensor:
    along, across = (x + y) / math.sqrt(2), (y - x) / math.sqrt(2)
    return 0.5 * (along.square() + 25 * across.square())


def _rosenbrock(x: Tensor, y: Tensor) -> Tensor:
    return ((1 - x).square() + 100 * (y - x.square()).square()) / 100


RAVINE = Valley("a ravine, 25 times as steep across as along", _ravine, (-1.6, -1.0), (-2.0, 1.0), (-2.0, 1.0))
ROSENBROCK = Valley("Rosenbrock's valley", _rosenbrock, (-1.2, 1.0), (-1.8, 1.8), (-0.8, 2.2))
