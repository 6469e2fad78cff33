"""The right solution of `dropout`: inverted dropout, as in `torch.nn.functional.dropout`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch
from torch import Tensor


def dropout_forward(x: Tensor, p: float, *, training: bool, seed: int) -> tuple[Tensor, Tensor]:
    """Return `(out, mask)`: what is kept divided by 1 - p, and where it was kept (Srivastava and others 2014)."""
    _refuse_invalid(p)
    if not training:
        return x.clone(), torch.ones_like(x, dtype=torch.bool)
    draws = torch.rand(x.shape, generator=torch.Generator().manual_seed(seed))
    mask = (draws >= p).to(x.device)
    return _kept(x, mask, p), mask


def dropout_backward(grad_out: Tensor, mask: Tensor, p: float, *, training: bool) -> Tensor:
    """Return `grad_x`: the forward pass is linear, so the gradient passes the same mask and the same scale."""
    _refuse_invalid(p)
    return _kept(grad_out, mask, p) if training else grad_out.clone()


def _kept(values: Tensor, mask: Tensor, p: float) -> Tensor:
    return torch.where(mask, values / (1 - p), 0.0)  # with p = 1 the mask chooses no quotient by zero


def _refuse_invalid(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"p must lie in [0, 1], got {p}")
