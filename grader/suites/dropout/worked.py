"""The numbers of the README's worked examples, computed once more."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

import torch

X = torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0], dtype=torch.float64)
GRAD_OUT = torch.tensor([0.4, -0.8, 1.2, 1.6, -2.0], dtype=torch.float64)
P, SEED = 0.2, 0


def lines(names: dict[str, Any]) -> list[str]:
    """Return the rows and sentences of the README that hold a computed number."""
    forward, backward = names["dropout_forward"], names["dropout_backward"]
    draws = torch.rand(len(X), generator=torch.Generator().manual_seed(SEED))
    out, mask = forward(X, P, training=True, seed=SEED)
    grad_x = backward(GRAD_OUT, mask, P, training=True)
    columns = (X, draws, mask, out, GRAD_OUT, grad_x)
    rows = [
        f"| {x:g} | {draw:.4f} | {'yes' if kept else 'no'} | {value:g} | {above:g} | {below:g} |"
        for x, draw, kept, value, above, below in zip(*(column.tolist() for column in columns), strict=True)
    ]
    high = float(backward(X[3], torch.tensor(True), P, training=True))  # the factor of a kept 4, times 4
    mean = (1 - P) * high
    variance = (1 - P) * high**2 - mean**2
    return [
        *rows,
        f"The sum was {float(X.sum()):g} and is {float(out.sum()):g} now",
        f"is {high:g} with probability {1 - P:g} and 0 with probability {P:g}",
        f"Its mean is ${1 - P:g} \\cdot {high:g} = {mean:g}$",
        f"Its variance is ${1 - P:g} \\cdot {high:g}^2 - {mean:g}^2 = {variance:g}$",
    ]
