"""Recomputes the numbers of the instructions' section 'Worked by hand'."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

import torch

LR, BETAS = 0.1, (0.9, 0.999)


def lines(names: dict[str, Any]) -> list[str]:
    """Return what the instructions must say: two rows of the table, and the parameter after a third step."""
    param, *moments = [torch.tensor(value, dtype=torch.float64) for value in (1.0, 0.0, 0.0)]
    said = []
    for step, grad in enumerate((0.5, 0.1, -0.2), 1):
        slope = torch.tensor(grad, dtype=torch.float64)
        before = float(param)
        param, *moments = names["adam_step"](param, slope, *moments, step, lr=LR, betas=BETAS, eps=0.0)
        corrected = [float(moment) / (1 - beta**step) for moment, beta in zip(moments, BETAS, strict=True)]
        row = [grad, *map(float, moments), *corrected, before - float(param), float(param)]
        said.append(f"| {step} | {' | '.join(_printed(row, step))} |")
    return [*said[:2], f"You should arrive at $\\theta = {float(param):.6f}$"]


def _printed(row: list[float], step: int) -> list[str]:
    """Round as the table does: all digits of what is exact, six decimals of the rest."""
    places = ("g", "g", "g", "f", "f", "f", "f") if step > 1 else ("g",) * 7
    return [f"{value:.8g}" if kind == "g" else f"{value:.6f}" for value, kind in zip(row, places, strict=True)]
