"""Adaptive methods: Adagrad, RMSProp, Adam and AdamW, one step each.

Every function takes the parameter, its gradient and the state that earlier steps left, and returns the new parameter
and the new state. For all four:

* Tensors are float32 or float64, of any shape: also a scalar, an empty tensor, or a transposed one. All tensors of a
  call have the same shape and dtype, and so has every tensor that you return.
* The functions are pure. Return new tensors, leave the arguments as they were, and keep nothing in global variables.
* State tensors are zeros before the first step. Who calls you keeps the state and hands it back at the next step.
* Everything after the `*` is a hyperparameter. Leave the names and the defaults as they are.
* An invalid hyperparameter raises `ValueError`; each docstring says which are invalid.

README.md has the formulas, the conventions and an example worked by hand.
"""

from __future__ import annotations

import torch  # noqa: F401 - you will want it
from torch import Tensor


def adagrad_step(
    param: Tensor, grad: Tensor, sum_sq: Tensor, *, lr: float = 0.01, eps: float = 1e-10, weight_decay: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Take one step of Adagrad: divide the learning rate by the root of all squared gradients so far.

        g      = grad + weight_decay * param
        sum_sq = sum_sq + g^2
        param  = param - lr * g / (sqrt(sum_sq) + eps)

    Args:
        param: the parameter, any shape.
        grad: the gradient of the loss, shaped like `param`.
        sum_sq: the sum of squared gradients so far, shaped like `param`; zeros before the first step.

    Returns:
        `(param, sum_sq)`: two new tensors with the shape and dtype of `param`.

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` is negative (zero is allowed).
    """
    raise NotImplementedError("Task 3.1 adagrad_step: not written yet")


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
    """Take one step of RMSProp: like Adagrad, with a running average that forgets in place of the sum.

        g          = grad + weight_decay * param
        square_avg = alpha * square_avg + (1 - alpha) * g^2
        param      = param - lr * g / (sqrt(square_avg) + eps)

    Args:
        param: the parameter, any shape.
        grad: the gradient of the loss, shaped like `param`.
        square_avg: the running average of squared gradients, shaped like `param`; zeros before the first step.

    Returns:
        `(param, square_avg)`: two new tensors with the shape and dtype of `param`.

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` is negative, or `alpha` lies outside [0, 1].
    """
    raise NotImplementedError("Task 3.2 rmsprop_step: not written yet")


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
    """Take one step of Adam: an average gradient for the direction, an average square for the scale.

        g          = grad + weight_decay * param
        exp_avg    = beta1 * exp_avg    + (1 - beta1) * g
        exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g^2
        m_hat      = exp_avg    / (1 - beta1^step)
        v_hat      = exp_avg_sq / (1 - beta2^step)
        param      = param - lr * m_hat / (sqrt(v_hat) + eps)

    Args:
        param: the parameter, any shape.
        grad: the gradient of the loss, shaped like `param`.
        exp_avg: the first moment, shaped like `param`; zeros before the first step.
        exp_avg_sq: the second moment, shaped like `param`; zeros before the first step.
        step: the number of this step. The first step is number 1.
        betas: `(beta1, beta2)`.

    Returns:
        `(param, exp_avg, exp_avg_sq)`: three new tensors with the shape and dtype of `param`. The moments are the
        uncorrected ones.

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` is negative, a beta lies outside [0, 1) (1 itself is invalid), or
            `step` is below 1.
    """
    raise NotImplementedError("Task 3.3 adam_step: not written yet")


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
    """Take one step of AdamW: Adam, with weight decay that the moments never see.

        exp_avg    = beta1 * exp_avg    + (1 - beta1) * grad
        exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * grad^2
        m_hat      = exp_avg    / (1 - beta1^step)
        v_hat      = exp_avg_sq / (1 - beta2^step)
        param      = (1 - lr * weight_decay) * param - lr * m_hat / (sqrt(v_hat) + eps)

    Args:
        param: the parameter, any shape.
        grad: the gradient of the loss, shaped like `param`.
        exp_avg: the first moment, shaped like `param`; zeros before the first step.
        exp_avg_sq: the second moment, shaped like `param`; zeros before the first step.
        step: the number of this step. The first step is number 1.
        betas: `(beta1, beta2)`.

    Returns:
        `(param, exp_avg, exp_avg_sq)`: three new tensors with the shape and dtype of `param`. The moments are the
        uncorrected ones.

    Raises:
        ValueError: `lr`, `eps` or `weight_decay` is negative, a beta lies outside [0, 1) (1 itself is invalid), or
            `step` is below 1.
    """
    raise NotImplementedError("Task 3.4 adamw_step: not written yet")
