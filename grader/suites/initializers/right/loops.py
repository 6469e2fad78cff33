"""A right solution in another style: plain Python numbers and loops, normal numbers after Box and Muller."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math

import torch
from torch import Tensor


def fan_in_and_fan_out(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) < 2:
        raise ValueError("a weight has at least two dimensions")
    elements = 1
    for size in shape[2:]:
        elements = elements * size
    return shape[1] * elements, shape[0] * elements


def random_normal(shape: tuple[int, ...], *, mean: float = 0.0, std: float = 0.01, seed: int) -> Tensor:
    if std < 0:
        raise ValueError("std must not be negative")
    count = math.prod(shape)
    even = _evenly(2 * count, seed)
    weights = []
    for place in range(count):
        radius = math.sqrt(-2 * math.log(1 - even[2 * place]))
        weights.append(mean + std * radius * math.cos(2 * math.pi * even[2 * place + 1]))
    return torch.tensor(weights, dtype=torch.float32).reshape(shape)


def xavier_uniform(shape: tuple[int, ...], *, gain: float = 1.0, seed: int) -> Tensor:
    return _within(math.sqrt(3) * _xavier(shape, gain), shape, seed)


def xavier_normal(shape: tuple[int, ...], *, gain: float = 1.0, seed: int) -> Tensor:
    return random_normal(shape, std=_xavier(shape, gain), seed=seed)


def he_uniform(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
    return _within(math.sqrt(3) * _he(shape, mode), shape, seed)


def he_normal(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
    return random_normal(shape, std=_he(shape, mode), seed=seed)


def standardize(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    count = x.shape[0]
    features = x.reshape(count, -1).t().tolist()
    means, stds, columns = [], [], []
    for values in features:
        if min(values) == max(values):
            mean, std, column = values[0], 0.0, [0.0] * count
        else:
            mean = sum(values) / count
            std = math.sqrt(sum((value - mean) ** 2 for value in values) / count)
            column = [(value - mean) / std for value in values]
        means.append(mean)
        stds.append(std)
        columns.append(column)

    def made(numbers: list) -> Tensor:
        return torch.tensor(numbers, dtype=x.dtype)

    return made(columns).t().reshape(x.shape), made(means).reshape(x.shape[1:]), made(stds).reshape(x.shape[1:])


def _evenly(count: int, seed: int) -> list[float]:
    """Return numbers spread evenly over [0, 1)."""
    return torch.rand(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).tolist()


def _within(bound: float, shape: tuple[int, ...], seed: int) -> Tensor:
    weights = []
    for number in _evenly(math.prod(shape), seed):
        weights.append(bound * (2 * number - 1))
    return torch.tensor(weights, dtype=torch.float32).reshape(shape)


def _xavier(shape: tuple[int, ...], gain: float) -> float:
    if gain < 0:
        raise ValueError("gain must not be negative")
    fan_in, fan_out = fan_in_and_fan_out(shape)
    return gain * math.sqrt(2 / (fan_in + fan_out))


def _he(shape: tuple[int, ...], mode: str) -> float:
    fan_in, fan_out = fan_in_and_fan_out(shape)
    if mode == "fan_in":
        return math.sqrt(2 / fan_in)
    if mode == "fan_out":
        return math.sqrt(2 / fan_out)
    raise ValueError(f"unknown mode {mode}")
