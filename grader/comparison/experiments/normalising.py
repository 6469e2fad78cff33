"""A batch normalisation inside the judge's networks: each of its two passes is the student's or PyTorch's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from grader.comparison.networks import Params
from grader.judge.suite import Solution


@dataclass(frozen=True)
class Passes:
    """The two passes of a layer, with the signatures that the exercise fixes."""

    forward: Callable[..., tuple[Tensor, Tensor, Tensor, Any]]
    backward: Callable[[Tensor, Any], tuple[Tensor, ...]]


class BatchNorm:
    """A layer with parameters and running statistics of its own, each (C,)."""

    def __init__(self, passes: Passes, start: Params, settings: Mapping[str, Any]) -> None:
        """`start` holds weight, bias, running mean and running variance; `settings` are momentum and eps, if given."""
        self.weight, self.bias, self.running_mean, self.running_var = start
        self.training = True
        self._passes, self._settings = passes, settings
        self._cache: Any = None

    def forward(self, x: Tensor) -> Tensor:
        given = (x, self.weight, self.bias, self.running_mean, self.running_var)
        results = self._passes.forward(*given, training=self.training, **self._settings)
        self.out, self.running_mean, self.running_var, self._cache = results
        return self.out

    def backward(self, grad_out: Tensor) -> Tensor:
        self.grad_x, self.grad_weight, self.grad_bias = self._passes.backward(grad_out, self._cache)
        return self.grad_x

    def descend(self, rate: float) -> None:
        self.weight = self.weight - rate * self.grad_weight
        self.bias = self.bias - rate * self.grad_bias


def new(channels: int, dtype: torch.dtype, device: torch.device | str = "cpu") -> Params:
    """Return what a layer begins with: weight 1 and bias 0, mean 0 and variance 1."""
    return [torch.full((channels,), value, dtype=dtype, device=device) for value in (1.0, 0.0, 0.0, 1.0)]


def used(channels: int, draw: torch.Generator) -> Params:
    """Return a layer's numbers after long use, in float64: none of them is near 1 or 0 for all channels."""

    def between(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(channels, generator=draw, dtype=torch.float64)

    return [between(1.5, 3.0), between(-2.0, 2.0), between(-1.0, 1.0), between(0.3, 3.0)]


def pytorchs_forward(
    x: Tensor, weight: Tensor, bias: Tensor, running_mean: Tensor, running_var: Tensor, **settings: Any
) -> tuple[Tensor, Tensor, Tensor, Any]:
    """Return `(out, running_mean, running_var, cache)` of PyTorch's batch normalisation; autograd is the cache."""
    leaves = [tensor.detach().requires_grad_() for tensor in (x, weight, bias)]
    mean, var = running_mean.clone(), running_var.clone()
    with torch.enable_grad():
        out = functional.batch_norm(leaves[0], mean, var, leaves[1], leaves[2], **settings)
    return out.detach(), mean, var, (out, leaves)


def pytorchs_backward(grad_out: Tensor, cache: Any) -> tuple[Tensor, ...]:
    """Return `(grad_x, grad_weight, grad_bias)` by PyTorch's autograd."""
    out, leaves = cache
    found: tuple[Tensor, ...] = torch.autograd.grad(out, leaves, grad_out)
    return found


PYTORCHS = Passes(pytorchs_forward, pytorchs_backward)


def with_students_forward(solution: Solution) -> Passes:
    """Return passes of which the forward one is the student's. The way back is PyTorch's, for the same input."""

    def forward(*given: Tensor, **settings: Any) -> tuple[Tensor, Tensor, Tensor, Any]:
        *values, _ = solution.batchnorm_forward(*given, **settings)
        out, mean, var = (value.to(given[0].device) for value in values)
        return out, mean, var, (given, settings)

    def backward(grad_out: Tensor, cache: Any) -> tuple[Tensor, ...]:
        given, settings = cache
        return pytorchs_backward(grad_out, pytorchs_forward(*given, **settings)[-1])

    return Passes(forward, backward)


def with_students_backward(solution: Solution) -> Passes:
    """Return passes of which the backward one is the student's, on the student's cache. PyTorch's values go forward."""

    def forward(*given: Tensor, **settings: Any) -> tuple[Tensor, Tensor, Tensor, Any]:
        cache = solution.batchnorm_forward(*given, **settings)[-1]
        return *pytorchs_forward(*given, **settings)[:-1], cache

    def backward(grad_out: Tensor, cache: Any) -> tuple[Tensor, ...]:
        return tuple(grad.to(grad_out.device) for grad in solution.batchnorm_backward(grad_out, cache))

    return Passes(forward, backward)
