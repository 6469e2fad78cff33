"""Comparisons for hidden suites. All numbers are compared in float64; every failure says got, expected, tolerance."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def close(got: Tensor, expected: Tensor, *, what: str, rtol: float = 1e-9, atol: float = 0.0) -> None:
    """Assert `|got - expected| <= atol + rtol * max|expected|` for every element.

    The tolerance is relative to the largest element of `expected` (its maximum norm), as rounding in sums is: an
    element that cancels to nearly zero is not held to its own size. A NaN or infinity in `got` fails unless
    `expected` has the very same there.
    """
    left, right = got.detach().to(torch.float64), expected.detach().to(torch.float64)
    assert left.shape == right.shape, f"{what}: got shape {tuple(left.shape)}, expected {tuple(right.shape)}"
    if left.numel() and _are_plainly_close(left, right, rtol, atol):
        return
    finite = torch.isfinite(right)
    scale = float(right[finite].abs().max()) if bool(finite.any()) else 0.0
    allowed = atol + rtol * scale
    same = (left == right) | (torch.isnan(left) & torch.isnan(right))
    wrong = ~(same | ((left - right).abs() <= allowed))
    if bool(wrong.any()):
        first = tuple(int(index) for index in wrong.nonzero()[0])
        place = f"[{', '.join(map(str, first))}]" if first else ""
        raise AssertionError(
            f"{what}{place}: got {float(left[first]):.10g}, expected {float(right[first]):.10g}"
            f" (allowed difference {allowed:.2g}; {int(wrong.sum())} of {wrong.numel()} elements differ)"
        )


def _are_plainly_close(left: Tensor, right: Tensor, rtol: float, atol: float) -> bool:
    """Tell whether two tensors without a NaN or infinity are within the tolerance: the usual case, told at once."""
    scale = float(right.abs().max())
    return math.isfinite(scale) and float((left - right).abs().max()) <= atol + rtol * scale


def identical(got: Tensor, expected: Tensor, *, what: str) -> None:
    """Assert that two tensors have the same shape, dtype and bits (NaN equals NaN)."""
    assert got.shape == expected.shape and got.dtype == expected.dtype, (
        f"{what}: got {got.dtype} of shape {tuple(got.shape)}, expected {expected.dtype} of {tuple(expected.shape)}"
    )
    same = (got == expected) | (torch.isnan(got) & torch.isnan(expected))
    assert bool(same.all()), f"{what}: it was changed; expected it bit for bit as before"
