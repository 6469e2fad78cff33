"""The README's worked examples and the numbers of its argument, computed anew."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from math import log, sqrt
from typing import Any

import torch
from torch import Tensor


def lines(names: dict[str, Any]) -> list[str]:
    """Return the table rows and sentences of the README that hold computed numbers, as they have to stand there."""
    return [*_steps(names), *_decayed(names), *_sizes(names)]


def _steps(names: dict[str, Any]) -> list[str]:
    plain = heavy = ahead = _number(1.0)
    velocity = velocity_ahead = _number(0.0)
    rows, written = [], []
    for step, grad in enumerate((1.0, 0.5, -0.2), 1):
        slope = _number(grad)
        plain = names["sgd_step"](plain, slope, lr=0.1)
        heavy, velocity = names["momentum_step"](heavy, slope, velocity, lr=0.1)
        before = ahead
        ahead, velocity_ahead = names["nesterov_step"](ahead, slope, velocity_ahead, lr=0.1)
        assert velocity.equal(velocity_ahead), "the README says that both methods have the same velocity"
        direction = (before - ahead) / 0.1
        written = [_written(value) for value in (plain, velocity, heavy, direction, ahead)]
        rows.append(f"| {step} | {grad:g} | " + " | ".join(written) + " |")
    return [*rows[:2], f"You should arrive at {written[0]}, {written[2]} and {written[4]}."]


def _decayed(names: dict[str, Any]) -> list[str]:
    plain = heavy = _number(2.0)
    velocity = still = _number(0.0)
    rows = []
    for step in (1, 2):
        plain = names["sgd_step"](plain, still, lr=0.1, weight_decay=0.5)
        heavy, velocity = names["momentum_step"](heavy, still, velocity, lr=0.1, weight_decay=0.5)
        rows.append(f"| {step} | {_written(plain)} | {_written(velocity)} | {_written(heavy)} |")
    factor = names["sgd_step"](_number(1.0), still, lr=0.1, weight_decay=0.5)
    return [*rows, f"SGD shrinks by the factor ${_written(factor)}$ each time."]


def _sizes(names: dict[str, Any]) -> list[str]:
    param, velocity = _number(0.0), _number(0.0)
    for _ in range(10):
        param, velocity = names["momentum_step"](param, _number(1.0), velocity, lr=0.1)
    ratio = 100.0
    without = log(1000) / log((ratio + 1) / (ratio - 1))
    with_momentum = log(1000) / log((sqrt(ratio) + 1) / (sqrt(ratio) - 1))
    halves = [log(2) / -log(sqrt(momentum)) for momentum in (0.9, 0.99)]
    return [
        f"after ten steps $v$ is {float(velocity):.1f} times $g$",
        f"a thousandth of the error takes {without:.0f} steps without, and {with_momentum:.0f} with it",
        f"At $\\beta = 0.9$ the swings halve every {halves[0]:.0f} steps, at $\\beta = 0.99$ every {halves[1]:.0f}.",
    ]


def _number(value: float) -> Tensor:
    return torch.tensor(value, dtype=torch.float64)


def _written(value: Tensor) -> str:
    return f"{float(value):.6g}"
