"""The right solution of `adaptive`. The formulas are those of the exercise's README; PyTorch 2.13 has the same ones."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from torch import Tensor


def adagrad_step(
    param: Tensor, grad: Tensor, sum_sq: Tensor, *, lr: float = 0.01, eps: float = 1e-10, weight_decay: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Return `(param, sum_sq)` after one step of Adagrad (Duchi, Hazan and Singer 2011), L2 weight decay."""
    _refuse_invalid(lr, eps, weight_decay)
    grad = grad + weight_decay * param
    sum_sq = sum_sq + grad**2
    return param - lr * grad / (sum_sq.sqrt() + eps), sum_sq


def rmsprop_step(
    param: Tensor,
    grad: Tensor,
    square_avg: Tensor,
    *,
    lr: float = 0.01,
    alpha: float = 0.99,
    eps: float = 1e-8,
    weight_decay: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Return `(param, square_avg)` after one step of RMSProp (Tieleman and Hinton 2012), L2 weight decay."""
    _refuse_invalid(lr, eps, weight_decay)
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must lie in [0, 1], got {alpha}")
    grad = grad + weight_decay * param
    square_avg = alpha * square_avg + (1 - alpha) * grad**2
    return param - lr * grad / (square_avg.sqrt() + eps), square_avg


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
    _refuse_invalid(lr, eps, weight_decay)
    _refuse_invalid_moments(betas, step)
    grad = grad + weight_decay * param
    exp_avg = betas[0] * exp_avg + (1 - betas[0]) * grad
    exp_avg_sq = betas[1] * exp_avg_sq + (1 - betas[1]) * grad**2
    return param - lr * _adam_direction(exp_avg, exp_avg_sq, step, betas, eps), exp_avg, exp_avg_sq


def adamw_step(
    param: Tensor,
    grad: Tensor,
    exp_avg: Tensor,
    exp_avg_sq: Tensor,
    step: int,
    *,
    lr: float = 0.001,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 0.01,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return `(param, exp_avg, exp_avg_sq)` after one step of AdamW (Loshchilov and Hutter 2019)."""
    _refuse_invalid(lr, eps, weight_decay)
    _refuse_invalid_moments(betas, step)
    exp_avg = betas[0] * exp_avg + (1 - betas[0]) * grad
    exp_avg_sq = betas[1] * exp_avg_sq + (1 - betas[1]) * grad**2
    decayed = param * (1 - lr * weight_decay)
    return decayed - lr * _adam_direction(exp_avg, exp_avg_sq, step, betas, eps), exp_avg, exp_avg_sq


def _adam_direction(exp_avg: Tensor, exp_avg_sq: Tensor, step: int, betas: tuple[float, float], eps: float) -> Tensor:
    mean = exp_avg / (1 - betas[0] ** step)
    mean_sq = exp_avg_sq / (1 - betas[1] ** step)
    return mean / (mean_sq.sqrt() + eps)


def _refuse_invalid(lr: float, eps: float, weight_decay: float) -> None:
    for name, value in (("lr", lr), ("eps", eps), ("weight_decay", weight_decay)):
        if not value >= 0:
            raise ValueError(f"{name} must not be negative, got {value}")


def _refuse_invalid_moments(betas: tuple[float, float], step: int) -> None:
    if not all(0 <= beta < 1 for beta in betas):
        raise ValueError(f"both betas must lie in [0, 1), got {betas}")
    if step < 1:
        raise ValueError(f"step counts from 1, got {step}")
