"""A right solution in another style: tensors are made empty and filled, scaled and shifted in place."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math

import torch
from torch import Tensor


def fan_in_and_fan_out(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) < 2:
        raise ValueError("a weight has at least two dimensions")
    fan_in, fan_out = shape[1], shape[0]
    for size in shape[2:]:
        fan_in *= size
        fan_out *= size
    return fan_in, fan_out


@torch.no_grad()
def random_normal(shape: tuple[int, ...], *, mean: float = 0.0, std: float = 0.01, seed: int) -> Tensor:
    if std < 0:
        raise ValueError("std must not be negative")
    return torch.empty(shape).normal_(mean, std, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def xavier_uniform(shape: tuple[int, ...], *, gain: float = 1.0, seed: int) -> Tensor:
    if gain < 0:
        raise ValueError("gain must not be negative")
    fan_in, fan_out = fan_in_and_fan_out(shape)
    bound = gain * math.sqrt(6.0 / (fan_in + fan_out))
    return torch.empty(shape).uniform_(-bound, bound, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def xavier_normal(shape: tuple[int, ...], *, gain: float = 1.0, seed: int) -> Tensor:
    if gain < 0:
        raise ValueError("gain must not be negative")
    fan_in, fan_out = fan_in_and_fan_out(shape)
    return random_normal(shape, std=gain * (2.0 / (fan_in + fan_out)) ** 0.5, seed=seed)


@torch.no_grad()
def he_uniform(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
    bound = math.sqrt(6.0 / _fan(shape, mode))
    return torch.empty(shape).uniform_(-bound, bound, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def he_normal(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
    return random_normal(shape, std=math.sqrt(2.0 / _fan(shape, mode)), seed=seed)


def standardize(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    result = x.clone()
    mean = x.mean(dim=0)
    std = x.std(dim=0, correction=0)
    result.sub_(mean)
    divisor = std.clone()
    divisor[(x == x[0]).all(dim=0)] = 1
    return result.div_(divisor), mean, std


def _fan(shape: tuple[int, ...], mode: str) -> int:
    fan_in, fan_out = fan_in_and_fan_out(shape)
    if mode == "fan_in":
        return fan_in
    if mode == "fan_out":
        return fan_out
    raise ValueError(f"unknown mode {mode}")
