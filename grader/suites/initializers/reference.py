"""The right solution of `initializers`. The formulas are those of the exercise's README; torch.nn.init has the same."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math

import torch
from torch import Tensor


def fan_in_and_fan_out(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return `(fan_in, fan_out)` of a weight of shape `(out, in, *kernel)`."""
    return _fans(shape)


def random_normal(shape: tuple[int, ...], *, mean: float = 0.0, std: float = 0.01, seed: int) -> Tensor:
    """Return normal weights with this mean and standard deviation."""
    if std < 0:
        raise ValueError(f"std must not be negative, got {std}")
    return mean + std * torch.randn(shape, generator=_generator(seed))


def xavier_uniform(shape: tuple[int, ...], *, gain: float = 1.0, seed: int) -> Tensor:
    """Return uniform weights with the variance of Glorot and Bengio (2010)."""
    return _uniform(shape, _xavier_std(shape, gain), seed)


def xavier_normal(shape: tuple[int, ...], *, gain: float = 1.0, seed: int) -> Tensor:
    """Return normal weights with the variance of Glorot and Bengio (2010)."""
    return _xavier_std(shape, gain) * torch.randn(shape, generator=_generator(seed))


def he_uniform(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
    """Return uniform weights with the variance of He and others (2015)."""
    return _uniform(shape, _he_std(shape, mode), seed)


def he_normal(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
    """Return normal weights with the variance of He and others (2015)."""
    return _he_std(shape, mode) * torch.randn(shape, generator=_generator(seed))


def standardize(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return `(x_standardized, mean, std)`, per feature over the samples, constant features as zeros."""
    constant = x.amax(0) == x.amin(0)
    mean = torch.where(constant, x[0], x.mean(0))
    centred = x - mean
    std = (centred**2).mean(0).sqrt()
    return centred / torch.where(constant, 1, std), mean, std


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) < 2:
        raise ValueError(f"a weight has at least two dimensions, got the shape {tuple(shape)}")
    elements = math.prod(shape[2:])
    return shape[1] * elements, shape[0] * elements


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def _uniform(shape: tuple[int, ...], std: float, seed: int) -> Tensor:
    """Return uniform numbers around zero: on [-b, b] their standard deviation is b / sqrt(3)."""
    return math.sqrt(3) * std * (2 * torch.rand(shape, generator=_generator(seed)) - 1)


def _xavier_std(shape: tuple[int, ...], gain: float) -> float:
    if gain < 0:
        raise ValueError(f"gain must not be negative, got {gain}")
    return gain * math.sqrt(2 / sum(_fans(shape)))


def _he_std(shape: tuple[int, ...], mode: str) -> float:
    fan_in, fan_out = _fans(shape)
    fans = {"fan_in": fan_in, "fan_out": fan_out}
    if mode not in fans:
        raise ValueError(f"mode must be 'fan_in' or 'fan_out', got {mode!r}")
    return math.sqrt(2 / fans[mode])
