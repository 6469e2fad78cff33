"""A dropout inside the judge's networks: each of its two passes is the student's or PyTorch's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from grader.judge.suite import Solution


@dataclass(frozen=True)
class Passes:
    """The two passes of a layer, with the signatures that the exercise fixes."""

    forward: Callable[..., tuple[Tensor, Tensor]]
    backward: Callable[..., Tensor]


class Dropout:
    """A layer that is given a new seed for every pass in training."""

    def __init__(self, passes: Passes, p: float, seeds: Iterator[int]) -> None:
        self.training = True
        self._passes, self._p, self._seeds = passes, p, seeds

    def forward(self, x: Tensor) -> Tensor:
        seed = next(self._seeds) if self.training else 0
        self.out, self.mask = self._passes.forward(x, self._p, training=self.training, seed=seed)
        return self.out

    def backward(self, grad_out: Tensor) -> Tensor:
        self.grad_x = self._passes.backward(grad_out, self.mask, self._p, training=self.training)
        return self.grad_x

    def descend(self, rate: float) -> None:
        """Do nothing: the layer has no parameters."""


def pytorchs_forward(x: Tensor, p: float, *, training: bool, seed: int) -> tuple[Tensor, Tensor]:
    """Return `(out, mask)` of PyTorch's dropout. Its masks are drawn on the CPU: they are the same on each device."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # the CPU's alone: torch.manual_seed calls on every device
        scale = functional.dropout(torch.ones(x.shape, dtype=x.dtype), p, training).to(x.device)
    return x * scale, scale != 0


def pytorchs_backward(grad_out: Tensor, mask: Tensor, p: float, *, training: bool) -> Tensor:
    """Return `grad_x` by the operator that PyTorch's autograd calls for a dropout with this mask."""
    return masked(grad_out, mask, p) if training else grad_out


def masked(values: Tensor, mask: Tensor, p: float) -> Tensor:
    """Return values under a mask, divided by 1 - p, as PyTorch's operator has them; with p = 1 zeros."""
    found: Tensor = torch.ops.aten.native_dropout_backward(values, mask, 1 / (1 - p) if p < 1 else 0.0)
    return found


PYTORCHS = Passes(pytorchs_forward, pytorchs_backward)


def with_students_forward(solution: Solution) -> Passes:
    """Return passes of which the forward one is the student's. The way back is PyTorch's, under the student's mask."""

    def forward(x: Tensor, p: float, **settings: Any) -> tuple[Tensor, Tensor]:
        out, mask = solution.dropout_forward(x, p, **settings)
        return out.to(x.device), mask.to(x.device)

    return Passes(forward, pytorchs_backward)


def with_students_backward(solution: Solution) -> Passes:
    """Return passes of which the backward one is the student's, under the masks of PyTorch's forward pass."""

    def backward(grad_out: Tensor, mask: Tensor, p: float, **settings: Any) -> Tensor:
        grad_x: Tensor = solution.dropout_backward(grad_out, mask, p, **settings)
        return grad_x.to(grad_out.device)

    return Passes(pytorchs_forward, backward)


def under_masks(masks: Iterable[Tensor]) -> Passes:
    """Return PyTorch's arithmetic under masks that were told: one for each pass in training, in their order.

    A seed that comes back brings its first mask back. What chance has no part in is not taken from what was told: in
    evaluation and with p = 0 all is kept, with p = 1 nothing.
    """
    told, by_seed = iter(masks), dict[int, Tensor]()

    def forward(x: Tensor, p: float, *, training: bool, seed: int) -> tuple[Tensor, Tensor]:
        if not training:
            return x, torch.ones_like(x, dtype=torch.bool)
        mask = by_seed.setdefault(seed, next(told))
        if p in (0, 1):
            mask = torch.full_like(mask, p == 0)
        return masked(x, mask, p), mask

    return Passes(forward, pytorchs_backward)
