"""Random matrices and points for the hidden checks, with known condition numbers; all in float64."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch
from torch import Tensor

# Why 1e-9: solving a system of at most 30 unknowns, or the products of a BFGS update, round to about
# 30 * condition * 1.1e-16. Below a condition of 1e3 that is 4e-12; arithmetic in float32 shows at 6e-8 and more.
FLOAT64 = 1e-9
# The same count in float32, with a condition of at most 30: 30 * 30 * 6e-8 = 5e-5. Real bugs show at 1e-2.
FLOAT32 = 2e-4


def normal(draw: torch.Generator, *shape: int) -> Tensor:
    """Return standard normal numbers."""
    return torch.randn(shape, generator=draw, dtype=torch.float64)


def uniform(draw: torch.Generator, low: float, high: float, *shape: int) -> Tensor:
    """Return numbers spread evenly from `low` to `high`."""
    return low + (high - low) * torch.rand(shape, generator=draw, dtype=torch.float64)


def rotation(draw: torch.Generator, size: int) -> Tensor:
    """Return a random orthogonal matrix."""
    found: Tensor = torch.linalg.qr(normal(draw, size, size))[0]
    return found


def symmetric(draw: torch.Generator, eigenvalues: Tensor) -> Tensor:
    """Return a symmetric matrix with these eigenvalues and random eigenvectors."""
    axes = rotation(draw, len(eigenvalues))
    found = axes @ torch.diag(eigenvalues) @ axes.T
    return (found + found.T) / 2


def positive_definite(draw: torch.Generator, size: int, *, low: float = 0.5, high: float = 10.0) -> Tensor:
    """Return a symmetric matrix with eigenvalues between `low` and `high`."""
    return symmetric(draw, uniform(draw, low, high, size))


def spread_points(draw: torch.Generator, count: int, *, spacing: float = 1.5) -> Tensor:
    """Return `count` points on a line, in random order, that lie at least 0.8 * `spacing` apart: shape (count, 1)."""
    places = spacing * (torch.arange(count, dtype=torch.float64) + uniform(draw, -0.1, 0.1, count))
    return places[torch.randperm(count, generator=draw)].unsqueeze(1)
