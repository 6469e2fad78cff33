"""Networks whose weights an initializer draws, many of them side by side: the student's function, or PyTorch's."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from grader.comparison.experiments.signals import Activation, Shape
from grader.judge.suite import Solution, Step

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Initializer:
    """A function of the exercise, and what fills a tensor in PyTorch with the same settings."""

    function: str
    pytorch: Callable[..., Any]
    """Called as `pytorch(tensor, generator=..., **settings)`."""
    defaults: Settings = field(default_factory=dict)
    """The exercise's own defaults, where PyTorch has others."""


SMALL = Initializer("random_normal", nn.init.normal_, {"mean": 0.0, "std": 0.01})
"""The exercise's first choice, and that of most beginners."""


@dataclass(frozen=True)
class Networks:
    """Networks of one kind side by side, float32: weights (runs, out, in, ...) and biases (runs, out) of each layer."""

    weights: list[Tensor]
    biases: list[Tensor]
    change: Tensor
    """(runs,) The largest change of an element of the first weight when it is drawn once more from the same seed."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """How the layers of a network are drawn, and what stands between them."""

    initializer: Initializer
    activation: Activation
    settings: Callable[[Shape], Settings] = lambda _shape: {}
    """The settings for a weight of this shape."""
    bias: Settings | None = None
    """The settings with which biases are drawn by the same function; without them they are zero."""

    def asked(self, solution: Solution, shapes: Sequence[Shape], runs: int, draw: torch.Generator) -> Networks:
        """Return what the student's function draws, each tensor from a seed of its own, in a single exchange."""
        orders = self._orders(shapes)
        seeds = torch.randint(2**31, (len(orders), runs), generator=draw).tolist()
        calls = [
            Step((shape,), {**settings, "seed": seed})
            for (shape, settings), row in zip(orders, seeds, strict=True)
            for seed in row
        ]
        found = getattr(solution, self.initializer.function).many([*calls, *calls[:runs]])
        *drawn, again = (torch.stack(found[first : first + runs]) for first in range(0, len(found), runs))
        return self._networks(drawn, len(shapes), (again - drawn[0]).double().flatten(1).abs().amax(1))

    def filled(self, shapes: Sequence[Shape], runs: int, draw: torch.Generator) -> Networks:
        """Return what PyTorch draws."""
        drawn = []
        for shape, settings in self._orders(shapes):
            drawn.append(torch.empty((runs, *shape)))
            for one in drawn[-1]:
                self.initializer.pytorch(one, generator=draw, **{**self.initializer.defaults, **settings})
        return self._networks(drawn, len(shapes), torch.zeros(runs, dtype=torch.float64))

    def _orders(self, shapes: Sequence[Shape]) -> list[tuple[Shape, Settings]]:
        weights = [(shape, self.settings(shape)) for shape in shapes]
        return weights if self.bias is None else [*weights, *(((shape[0],), self.bias) for shape in shapes)]

    def _networks(self, drawn: list[Tensor], layers: int, change: Tensor) -> Networks:
        weights, biases = drawn[:layers], drawn[layers:]
        return Networks(weights, biases or [torch.zeros(weight.shape[:2]) for weight in weights], change)


def he_deviation(shape: Shape) -> float:
    """Return the standard deviation that keeps the size of activations through ReLU, by PyTorch's count of the fan."""
    fan_in, _ = nn.init._calculate_fan_in_and_fan_out(torch.empty(shape, device="meta"))
    return math.sqrt(2 / fan_in)
