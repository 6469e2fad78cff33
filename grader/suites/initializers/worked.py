"""Recomputes the numbers of the instructions: the two tables, the worked weights and the worked feature."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from math import sqrt
from typing import Any

import torch

SHAPES = (50, 200), (16, 3, 5, 5)
UNITS, LAYERS = 64, 20


def lines(names: dict[str, Any]) -> list[str]:
    """Return what the instructions must say."""
    fans = [names["fan_in_and_fan_out"](shape) for shape in SHAPES]
    said = [f"| `{name}` | {fans[0][place]} | {fans[1][place]} |" for place, name in enumerate(("fan_in", "fan_out"))]
    for told, name, mode in (("Xavier", "xavier", {}), ("He", "he", {}), _FAN_OUT):
        for what, function in (("standard deviation", f"{name}_normal"), ("bound", f"{name}_uniform")):
            widths = [_width(names[function], shape, **mode) for shape in SHAPES]
            said.append(f"| {told}, {what} | {widths[0]:.6f} | {widths[1]:.6f} |")
    return [*said, *_layers(names), *_feature(names)]


_FAN_OUT: tuple[str, str, dict[str, Any]] = ('He with `mode="fan_out"`', "he", {"mode": "fan_out"})


def _width(function: Any, shape: tuple[int, ...], **settings: Any) -> float:
    """Return what the reference multiplies the random numbers of a seed by."""
    generator = torch.Generator().manual_seed(1)
    is_normal = function.__name__.endswith("_normal")
    drawn = torch.randn(shape, generator=generator) if is_normal else 2 * torch.rand(shape, generator=generator) - 1
    return float((function(shape, seed=1, **settings) / drawn).double().median())


def _layers(names: dict[str, Any]) -> list[str]:
    """Return the rows that say what a layer does to a signal: each multiplies the mean square by units * std^2 / 2."""
    square = (UNITS, UNITS)
    rows = []
    for told, std in (
        ("normal, `std=0.01`", 0.01),
        ("normal, `std=1`", 1.0),
        ("Xavier", _width(names["xavier_normal"], square)),
        ("He", _width(names["he_normal"], square)),
    ):
        factor = sqrt(UNITS / 2) * std
        rows.append(f"| {told} | {std:.3g} | {factor:.3g} | {factor**LAYERS:.3g} |")
    return rows


def _feature(names: dict[str, Any]) -> list[str]:
    x = torch.tensor([[1.0], [3.0], [5.0], [7.0]], dtype=torch.float64)
    scaled, mean, std = names["standardize"](x)
    values = ", ".join(f"{float(value):.6f}" for value in scaled)
    return [
        f"Its mean is {float(mean):g} and its standard deviation is {float(std):.6f}.",
        f"The values become {values}.",
        f"A test sample with the value 9 becomes {(9 - float(mean)) / float(std):.6f}:",
    ]
