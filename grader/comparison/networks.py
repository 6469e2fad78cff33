"""The judge's own networks: plain tensors, so that every part of them can be exchanged for a student's."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

Params = list[Tensor]


@dataclass(frozen=True)
class Mlp:
    """A fully connected network of these widths; its parameters are weight and bias of each layer in turn.

    Weights (out, in) are drawn from N(0, 1 / in), biases start at zero.
    """

    widths: tuple[int, ...]
    activation: Callable[[Tensor], Tensor] = torch.tanh

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters: w1, b1, w2, b2, ..."""
        return tuple(f"{kind}{layer}" for layer in range(1, len(self.widths)) for kind in "wb")

    def start(self, draw: torch.Generator, dtype: torch.dtype, device: torch.device | str = "cpu") -> Params:
        """Return fresh parameters. Drawn in float64 on the CPU: each dtype and device has the same ones, rounded."""
        params = []
        for inputs, outputs in zip(self.widths, self.widths[1:], strict=False):
            weight = torch.randn((outputs, inputs), generator=draw, dtype=torch.float64) / math.sqrt(inputs)
            params += [weight, torch.zeros(outputs, dtype=torch.float64)]
        return [param.to(device, dtype) for param in params]

    def logits(self, params: Sequence[Tensor], x: Tensor) -> Tensor:
        """Return the outputs (N, widths[-1]) for inputs (N, widths[0])."""
        pairs = list(zip(params[::2], params[1::2], strict=True))
        for weight, bias in pairs[:-1]:
            x = self.activation(functional.linear(x, weight, bias))
        return functional.linear(x, *pairs[-1])


def accuracy(logits: Tensor, labels: Tensor) -> float:
    """Return the share of rows whose largest logit is that of the label."""
    return float((logits.argmax(1) == labels).double().mean())
