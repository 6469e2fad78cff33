"""The README's worked examples and the numbers of its argument, computed anew."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

X = torch.tensor([[0.0], [1.0], [2.0], [3.0]], dtype=torch.float64)
Y = torch.tensor([1.0, 3.0, 5.0, 7.0], dtype=torch.float64)


def lines(names: dict[str, Any]) -> list[str]:
    """Return the table rows and sentences of the README that hold computed numbers, as they have to stand there."""
    return [
        *_losses(names),
        *_fit(names),
        *_clipping(names),
        *_learning_rates(names),
        *_ground(names),
        *_products(),
        *_epoch(names),
    ]


def _losses(names: dict[str, Any]) -> list[str]:
    loss, grad = names["mse_loss"](_numbers(1, 2, 3, 4), _numbers(1, 0, 3, 8))
    logits = torch.stack([_numbers(2, 1, 0), _numbers(0, 0, 0)])
    both, grad_both = names["cross_entropy_loss"](logits, torch.tensor([0, 2]))
    rows = []
    for place, label in enumerate((0, 2)):
        row = logits[place : place + 1]
        own, grad_own = names["cross_entropy_loss"](row, torch.tensor([label]))
        softmax = grad_own[0].clone()
        softmax[label] += 1
        rows.append(
            f"| {place} | {_row(row[0])} | {label} | {_row(softmax)} | {_written(own)} | {_row(grad_both[place])} |"
        )
    huge = names["cross_entropy_loss"](_numbers(10000, 9999, 9998).unsqueeze(0), torch.tensor([0]))[0]
    return [
        f"The loss is $20 / 4 = {_written(loss)}$, and its gradient is ${_row(grad)}$.",
        *rows,
        f"The loss is the mean of the two, {_written(both)}.",
        f"the logits $(10000, 9999, 9998)$ with label 0 give {_written(huge)}",
    ]


def _fit(names: dict[str, Any]) -> list[str]:
    rows, told = [], []
    for step in range(4):
        weight, bias, losses = names["fit_linear"](X, Y, lr=0.1, num_steps=step + 1)
        before, bias_before, _ = names["fit_linear"](X, Y, lr=0.1, num_steps=step)
        slopes = [(was - now) / 0.1 for was, now in ((before[0], weight[0]), (bias_before, bias))]
        told = [losses[step], *slopes, weight[0], bias]
        rows.append(f"| {step} | " + " | ".join(map(_written, told)) + " |")
    return [
        *rows[:3],
        f"You should arrive at a weight of {_written(told[3])} and a bias of {_written(told[4])}.",
    ]


def _clipping(names: dict[str, Any]) -> list[str]:
    (first, second), norm = names["clip_by_global_norm"]([_numbers(3), _numbers(0, 4)], max_norm=1.0)
    return [f"The norm is {_written(norm)}, and the clipped gradients are ${_row(first)}$ and ${_row(second)}$."]


def _learning_rates(names: dict[str, Any]) -> list[str]:
    rows = []
    for lr in (0.1, 0.7, 1.9, 2.1):
        theta = _numbers(-1)
        ways = [theta]
        for _ in range(6):
            theta = names["gradient_descent_step"](theta, theta, lr=lr)
            ways.append(theta)
        factor = ways[1] / ways[0]
        rows.append(f"| {lr} | {_written(factor)} | {_written(ways[1])} | {_written(ways[2])} | {_written(ways[6])} |")
    return rows


def _ground(names: dict[str, Any]) -> list[str]:
    told = []
    for x in (X, X - X.mean(), 10 * X):
        inputs = torch.cat([x, torch.ones_like(x)], dim=1)
        flat, steep = torch.linalg.eigvalsh(2 / len(x) * inputs.t() @ inputs)
        *_, losses = names["fit_linear"](x, Y, lr=1 / float(steep), num_steps=2000)
        steps = int((losses > 1e-6 * losses[0]).sum())
        told.append((steep, 2 / steep, steep / flat, steps))
    (steep, limit, ratio, steps), (_, _, centred_ratio, centred_steps), (_, scaled_limit, scaled_ratio, _) = told
    return [
        f"curvature of its loss is $L = {steep:.3f}$, so learning rates below $2 / L = {limit:.3f}$ converge.",
        f"its condition number is {ratio:.1f}.",
        f"At $\\eta = 1 / L$ it takes {steps} steps to bring the loss to a millionth.",
        f"condition number {centred_ratio:.2f}, and {centred_steps} steps",
        f"$2 / L = {scaled_limit:.5f}$ and a condition number of {scaled_ratio:.0f}",
    ]


def _products() -> list[str]:
    return [
        f"$0.5^{{50}} \\approx {_power(0.5**50)}$",
        f"$1.5^{{50}} \\approx {_power(1.5**50)}$",
        f"ten of them leave at most $0.25^{{10}} \\approx {_power(0.25**10)}$",
    ]


def _epoch(names: dict[str, Any]) -> list[str]:
    sizes = [len(batch) for batch in names["minibatches"](1000, 32, seed=0)]
    told = f"1000 samples in batches of {sizes[0]} are {len(sizes)} steps per epoch"
    return [f"{told}, the last one with {sizes[-1]} samples"]


def _numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def _row(values: Tensor) -> str:
    return f"({', '.join(map(_written, values))})"


def _written(value: Tensor) -> str:
    return f"{float(value):.6g}" if abs(float(value)) > 1e-12 else "0"


def _power(value: float) -> str:
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits} \\cdot 10^{{{int(exponent)}}}"
