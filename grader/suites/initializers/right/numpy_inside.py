"""A right solution in another style: NumPy draws and computes, and torch only holds the results."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor


def fan_in_and_fan_out(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) < 2:
        raise ValueError("a weight has at least two dimensions")
    elements = np.prod(shape[2:], dtype=np.int64)
    return shape[1] * elements, shape[0] * elements


def random_normal(shape: tuple[int, ...], *, mean: float = 0.0, std: float = 0.01, seed: int) -> Tensor:
    if std < 0:
        raise ValueError("std must not be negative")
    return _weight(np.random.default_rng(seed).normal(mean, std, shape))


def xavier_uniform(shape: tuple[int, ...], *, gain: float = 1.0, seed: int) -> Tensor:
    bound = np.sqrt(3) * _xavier(shape, gain)
    return _weight(np.random.default_rng(seed).uniform(-bound, bound, shape))


def xavier_normal(shape: tuple[int, ...], *, gain: float = 1.0, seed: int) -> Tensor:
    return _weight(np.random.default_rng(seed).normal(0, _xavier(shape, gain), shape))


def he_uniform(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
    bound = np.sqrt(3) * _he(shape, mode)
    return _weight(np.random.default_rng(seed).uniform(-bound, bound, shape))


def he_normal(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
    return _weight(np.random.default_rng(seed).normal(0, _he(shape, mode), shape))


def standardize(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    values = x.numpy()
    constant = np.ptp(values, axis=0) == 0
    mean, std = values.mean(axis=0), np.where(constant, 0, values.std(axis=0)).astype(values.dtype)
    scaled = np.where(constant, 0, (values - mean) / np.where(constant, 1, std)).astype(values.dtype)
    return torch.from_numpy(scaled), torch.from_numpy(mean), torch.from_numpy(std)


def _weight(values: np.ndarray | float) -> Tensor:
    return torch.from_numpy(np.asarray(values, dtype=np.float32))


def _xavier(shape: tuple[int, ...], gain: float) -> float:
    if gain < 0:
        raise ValueError("gain must not be negative")
    return gain * np.sqrt(2 / sum(fan_in_and_fan_out(shape)))


def _he(shape: tuple[int, ...], mode: str) -> float:
    if mode not in {"fan_in", "fan_out"}:
        raise ValueError("mode must be fan_in or fan_out")
    fan_in, fan_out = fan_in_and_fan_out(shape)
    return np.sqrt(2 / {"fan_in": fan_in, "fan_out": fan_out}[mode])
