"""The right solution of `adam12`."""

from __future__ import annotations

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
    """Return `(param, exp_avg, exp_avg_sq)` after one step of Adam (Kingma and Ba 2015), L2 weight decay."""
    _refuse_invalid(lr, betas, eps, weight_decay, step)
    grad = grad + weight_decay * param
    exp_avg = betas[0] * exp_avg + (1 - betas[0]) * grad
    exp_avg_sq = betas[1] * exp_avg_sq + (1 - betas[1]) * grad**2
    mean = exp_avg / (1 - betas[0] ** step)
    mean_sq = exp_avg_sq / (1 - betas[1] ** step)
    return param - lr * mean / (mean_sq.sqrt() + eps), exp_avg, exp_avg_sq


def _refuse_invalid(lr: float, betas: tuple[float, float], eps: float, weight_decay: float, step: int) -> None:
    for name, value in (("lr", lr), ("eps", eps), ("weight_decay", weight_decay)):
        if not value >= 0:
            raise ValueError(f"{name} must not be negative, got {value}")
    if not all(0 <= beta < 1 for beta in betas):
        raise ValueError(f"betas must lie in [0, 1), got {betas}")
    if step < 1:
        raise ValueError(f"the first step is number 1, got {step}")
