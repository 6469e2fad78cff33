"""Signals in deep networks that nobody has trained, many networks side by side: what the weights alone do to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from grader.comparison.experiments.layers import linear

Shape = tuple[int, ...]
Activation = Callable[[Tensor], Tensor]

_CHANNELS, _SIDE, _SAMPLES = (4, 12), 4, 32
_NARROW, _WIDE = 16, 64
DEEP: tuple[Shape, ...] = (
    *((_CHANNELS[1], _CHANNELS[0], 3, 3), (_CHANNELS[0], _CHANNELS[1], 3, 3)) * 2,
    *((_NARROW, _WIDE), (_WIDE, _NARROW)) * 8,
)
"""The weights of 20 layers, four convolutions first. Each second one is the other's inverse: a layer that widens, with
three or four times as many outputs as inputs, stands beside one that narrows, so a wrong fan shows in both."""


@dataclass(frozen=True)
class Flow:
    """How large a signal is on its way: (runs, layers + 1) in float64, from the network's input to its output.

    Both are logarithms of the mean square, so what a layer multiplies is a difference of neighbours.
    """

    activations: Tensor
    gradients: Tensor
    """Of the gradient at the same places: it comes from the output, and each layer takes it one place to the left."""


def signals(draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return what goes into `DEEP` and what comes back into its output: normal numbers, (N, C, H, W) and (N, out)."""
    shape = (_SAMPLES, _CHANNELS[0], _SIDE, _SIDE)
    return torch.randn(shape, generator=draw), torch.randn((_SAMPLES, DEEP[-1][0]), generator=draw)


def flow(weights: Sequence[Tensor], biases: Sequence[Tensor], x: Tensor, back: Tensor, activation: Activation) -> Flow:
    """Send signals through networks and back.

    Weights (runs, out, in, ...) and biases (runs, out) of each layer, inputs `x` (runs, N, C, H, W), and `back`
    (runs, N, out), the gradient at the output. Whatever the weights hold, numbers come out, or infinities and NaN.
    """
    places = [x.detach().requires_grad_()]
    for weight, bias in zip(weights, biases, strict=True):
        places.append(activation(_layer(places[-1], weight, bias)))
    grads = torch.autograd.grad(places[-1], places, back)
    return Flow(_sizes(places), _sizes(grads))


def growth(sizes: Tensor, layers: Sequence[int]) -> Tensor:
    """Return by how much the logarithm of a size grows in one of these layers, on average: (runs,)."""
    return sizes.diff(dim=1)[:, list(layers)].mean(1)


def likeness(weights: Sequence[Tensor]) -> Tensor:
    """Return the mean correlation of each two neighbours among the layers of one shape: (runs,), 1 for copies."""
    found = []
    for shape in dict.fromkeys(weight.shape for weight in weights):
        alike = [weight.double().flatten(1) for weight in weights if weight.shape == shape]
        found += [functional.cosine_similarity(one, other) for one, other in pairwise(alike)]
    return torch.stack(found).mean(0)


def _layer(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return the sums of a layer. A convolution goes round the edges, so that each of its inputs feeds as many sums."""
    if weight.dim() == 3:
        return linear(x.flatten(2), weight, bias)
    runs, edges = len(weight), [size // 2 for size in reversed(weight.shape[3:]) for _ in range(2)]
    padded = functional.pad(x.transpose(0, 1).flatten(1, 2), edges, mode="circular")
    sums = functional.conv2d(padded, weight.flatten(0, 1), bias.flatten(), groups=runs)
    return sums.reshape(len(sums), runs, -1, *sums.shape[2:]).transpose(0, 1)


def _sizes(places: Sequence[Tensor]) -> Tensor:
    return torch.stack([place.detach().double().flatten(1).square().mean(1).log() for place in places], 1)
