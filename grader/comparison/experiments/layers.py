"""A network with layers inside that are not the judge's: it goes through them by their own passes, forward and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from grader.comparison.networks import Params

Piece = Callable[[Tensor, Tensor, Tensor], Tensor]
"""A part of the judge's network: from an input, its weight and its bias to an output. PyTorch differentiates it."""


class Layer(Protocol):
    """A layer between two pieces. What its way back needs it keeps itself."""

    training: bool
    """Whether it is used in training, as at first, or in evaluation."""
    grad_x: Tensor
    """What its last way back returned."""

    def forward(self, x: Tensor) -> Tensor: ...

    def backward(self, grad_out: Tensor) -> Tensor:
        """Return the gradient for what went forward last."""
        ...

    def descend(self, rate: float) -> None:
        """Take a step along the gradients of its own parameters, if it has any."""
        ...


@dataclass(frozen=True)
class Chain:
    """A network of several pieces, with a layer between each two of them.

    It takes inputs (N, features). `shapes` are those of the pieces' weights, (out, in) or (out, in, height, width); the
    biases are (out,).
    """

    features: int
    pieces: tuple[Piece, ...]
    shapes: tuple[tuple[int, ...], ...]

    def start(self, draw: torch.Generator, dtype: torch.dtype, device: torch.device | str = "cpu") -> list[Params]:
        """Return fresh parameters of each piece: weights from N(0, 1 / fan_in), biases of zero.

        Drawn in float64 on the CPU: each dtype and device has the same ones, rounded.
        """
        return [
            [
                (torch.randn(shape, generator=draw, dtype=torch.float64) / math.sqrt(math.prod(shape[1:]))).to(
                    device, dtype
                ),
                torch.zeros(shape[0], dtype=dtype, device=device),
            ]
            for shape in self.shapes
        ]

    def outputs(self, params: Sequence[Params], layers: Sequence[Layer], x: Tensor) -> Tensor:
        """Return what comes out for an input, without a way back."""
        with torch.no_grad():
            for piece, own, layer in zip(self.pieces, params, layers, strict=False):
                x = layer.forward(piece(x, *own))
            return self.pieces[-1](x, *params[-1])

    def gradients(
        self, params: Sequence[Params], layers: Sequence[Layer], x: Tensor, loss: Callable[[Tensor], Tensor]
    ) -> tuple[Tensor, list[Params]]:
        """Return the loss of the outputs, and its gradient for each piece's parameters.

        A loss of several values, one for each of several runs side by side, is differentiated as their sum.
        """
        leaves, ends = [], []
        for place, (piece, own) in enumerate(zip(self.pieces, params, strict=True)):
            leaves.append([tensor.detach().requires_grad_() for tensor in (x, *own)])
            ends.append(piece(*leaves[-1]))
            if place < len(layers):
                x = layers[place].forward(ends[-1].detach())
        value = loss(ends[-1])
        grad, *own = torch.autograd.grad(value.sum(), leaves[-1])
        found = [own]
        for place in reversed(range(len(layers))):
            grad, *own = torch.autograd.grad(ends[place], leaves[place], layers[place].backward(grad))
            found.insert(0, own)
        return value.detach(), found


def descend(
    chain: Chain,
    params: list[Params],
    layers: Sequence[Layer],
    batches: Iterable[tuple[Tensor, Tensor]],
    rate: float,
) -> Iterator[tuple[Tensor, list[Params]]]:
    """Take a step of gradient descent per batch of inputs and labels, the layers' own parameters along.

    Yields for each the loss before the step and the parameters after it.
    """
    for x, labels in batches:
        loss, grads = chain.gradients(params, layers, x, partial(cross_entropy, labels=labels))
        params = [
            [param - rate * grad for param, grad in zip(own, moves, strict=True)]
            for own, moves in zip(params, grads, strict=True)
        ]
        for layer in layers:
            layer.descend(rate)
        yield loss, params


def linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return `x weight^T + bias`; all three may have a leading dimension of runs side by side."""
    return x @ weight.mT + bias.unsqueeze(-2)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy of logits (N, C), or that of each run for logits (runs, N, C)."""
    return functional.cross_entropy(logits.movedim(-1, 1), labels, reduction="none").mean(-1)
