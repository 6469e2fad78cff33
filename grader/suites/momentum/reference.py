"""The right solution of `momentum`. The formulas are those of the exercise's README; PyTorch 2.13 has the same ones."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from torch import Tensor


def sgd_step(param: Tensor, grad: Tensor, *, lr: float, weight_decay: float = 0.0) -> Tensor:
    """Return the parameter after one step of gradient descent, L2 weight decay."""
    _refuse_invalid(lr=lr, weight_decay=weight_decay)
    return param - lr * (grad + weight_decay * param)


def momentum_step(
    param: Tensor,
    grad: Tensor,
    velocity: Tensor,
    *,
    lr: float,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Return `(param, velocity)` after one step of momentum (Polyak 1964) in the sum form, L2 weight decay."""
    _refuse_invalid(lr=lr, momentum=momentum, weight_decay=weight_decay)
    velocity = momentum * velocity + (grad + weight_decay * param)
    return param - lr * velocity, velocity


def nesterov_step(
    param: Tensor,
    grad: Tensor,
    velocity: Tensor,
    *,
    lr: float,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Return `(param, velocity)` after one step of Nesterov's momentum (1983) as PyTorch has it, L2 weight decay."""
    _refuse_invalid(lr=lr, momentum=momentum, weight_decay=weight_decay)
    grad = grad + weight_decay * param
    velocity = momentum * velocity + grad
    return param - lr * (grad + momentum * velocity), velocity


def _refuse_invalid(**settings: float) -> None:
    for name, value in settings.items():
        if not value >= 0:
            raise ValueError(f"{name} must not be negative, got {value}")
