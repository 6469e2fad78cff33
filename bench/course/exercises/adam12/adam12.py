"""Adam in twelve checks: write one function."""

from __future__ import annotations

import torch  # noqa: F401 - you will want it
from torch import Tensor


def adam_step(
    param: Tensor,
    grad: Tensor,
    exp_avg: Tensor,
    exp_avg_sq: Tensor,
    step: int,
    *,
    lr: float = 0.001,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return `(param, exp_avg, exp_avg_sq)` after one step of Adam; the first step is number 1.

        g          = grad + weight_decay * param
        exp_avg    = beta1 * exp_avg    + (1 - beta1) * g
        exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g^2
        m_hat      = exp_avg    / (1 - beta1^step)
        v_hat      = exp_avg_sq / (1 - beta2^step)
        param      = param - lr * m_hat / (sqrt(v_hat) + eps)

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` is negative, a beta lies outside [0, 1), or `step` is below 1.
    """
    raise NotImplementedError("Task 1 adam_step: not written yet")
