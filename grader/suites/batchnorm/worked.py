"""The numbers of the README's worked example, computed once more."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def lines(names: dict[str, Any]) -> list[str]:
    """Return the lines of the worked example, as they stand in the README."""
    forward, backward = names["batchnorm_forward"], names["batchnorm_backward"]
    weight, bias, zero, one = _column(2.0), _column(1.0), _column(0.0), _column(1.0)
    x, grad_out = _column(1.0, 7.0, 7.0, 9.0), _column(0.3, 0.0, 0.3, -0.3)
    out, mean, var, cache = forward(x.reshape(4, 1), weight, bias, zero, one, training=True)
    grad_x, grad_weight, grad_bias = backward(grad_out.reshape(4, 1), cache)
    x_hat = forward(x.reshape(4, 1), one, zero, zero, one, training=True)[0].flatten()
    scaled = weight * grad_out
    rows = zip(x, x - x.mean(), x_hat, out, grad_out, scaled, grad_x, strict=True)
    later = forward(_column(7.0).reshape(1, 1), weight, bias, mean, var, training=False)[0]
    second = _column(2.0, 4.0, 4.0, 6.0).reshape(4, 1)
    _, next_mean, next_var, _ = forward(second, weight, bias, mean, var, training=True)
    first = f"({_shown(scaled[0])} - {_shown(scaled.mean())} - ({_shown(x_hat[0])}) \\cdot"
    return [
        *(f"| {number} | {' | '.join(map(_shown, row))} |" for number, row in enumerate(rows, 1)),
        f"- The mean is {_shown(x.mean())}, the biased variance {_shown(x.var(correction=0))},"
        f" the unbiased variance {_shown(x.var(correction=1))}.",
        f"- The running mean goes from 0 to {_shown(mean)}, the running variance from 1 to {_shown(var)}.",
        f"- The gradient of the bias is {_shown(grad_bias)}, that of the weight {_shown(grad_weight)}.",
        f"- The mean of $d$ is {_shown(scaled.mean())},"
        f" the mean of $d \\, \\hat x$ is {_shown((scaled * x_hat).mean())}.",
        f"- With these running statistics an input of 7 comes out as {_shown(later)} in evaluation.",
        f"{first} ({_shown((scaled * x_hat).mean())})) / {_shown(x.std(correction=0))} = {_shown(grad_x[0])}",
        f"You should arrive at a running mean of {_shown(next_mean)} and a running variance of {_shown(next_var)}.",
    ]


def _column(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _shown(value: Tensor) -> str:
    """Write a number with at most four decimals."""
    return f"{value.item():.4f}".rstrip("0").rstrip(".")
