"""The right solution of `blank`."""

from __future__ import annotations

from torch import Tensor


def scale(x: Tensor, *, factor: float = 2.0) -> Tensor:
    """Return `factor * x`."""
    if factor < 0:
        raise ValueError(f"factor must not be negative, got {factor}")
    return factor * x
