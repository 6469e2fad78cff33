"""SGD, momentum and Nesterov's momentum, one step each.

Every function takes the parameter, its gradient and, from task 2.2 on, the velocity that earlier steps left. It returns
the new parameter and the new velocity. For all three:

* Tensors are float32 or float64, of any shape: also a scalar, an empty tensor, or a transposed one. All tensors of a
  call have the same shape and dtype, and so has every tensor that you return.
* The functions are pure. Return new tensors, leave the arguments as they were, and keep nothing in global variables.
* The velocity is zeros before the first step. Who calls you keeps it and hands it back at the next step.
* Everything after the `*` is a hyperparameter. Leave the names and the defaults as they are; `lr` has none. Each may
  change from one call to the next.
* An invalid hyperparameter raises `ValueError`; each docstring says which are invalid.

README.md has the formulas, the conventions and an example worked by hand.
"""

from __future__ import annotations

import torch  # noqa: F401 - you may want it
from torch import Tensor


def sgd_step(param: Tensor, grad: Tensor, *, lr: float, weight_decay: float = 0.0) -> Tensor:
    """Take one step of SGD: straight down the gradient, with L2 weight decay.

        g     = grad + weight_decay * param
        param = param - lr * g

    Args:
        param: the parameter, any shape.
        grad: the gradient of the loss, shaped like `param`.
        lr: the learning rate.
        weight_decay: the strength of the L2 decay.

    Returns:
        `param`: a new tensor (not a tuple) with the shape and dtype of `param`.

    Raises:
        ValueError: `lr` or `weight_decay` is negative (zero is allowed).
    """
    raise NotImplementedError("Task 2.1 sgd_step: not written yet")


def momentum_step(
    param: Tensor,
    grad: Tensor,
    velocity: Tensor,
    *,
    lr: float,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Take one step of SGD with momentum: move along the velocity, a fading sum of all gradients so far.

        g        = grad + weight_decay * param
        velocity = momentum * velocity + g
        param    = param - lr * velocity

    Args:
        param: the parameter, any shape.
        grad: the gradient of the loss, shaped like `param`.
        velocity: what the step before returned, shaped like `param`; zeros before the first step.
        lr: the learning rate.
        momentum: the share of the velocity that is kept.
        weight_decay: the strength of the L2 decay.

    Returns:
        `(param, velocity)`: two new tensors with the shape and dtype of `param`.

    Raises:
        ValueError: `lr`, `momentum` or `weight_decay` is negative. Zero is allowed, and so is, as in PyTorch, a
            momentum of 1 or more.
    """
    raise NotImplementedError("Task 2.2 momentum_step: not written yet")


def nesterov_step(
    param: Tensor,
    grad: Tensor,
    velocity: Tensor,
    *,
    lr: float,
    momentum: float = 0.9,
    weight_decay: float = 0.0,
) -> tuple[Tensor, Tensor]:
    """Take one step of SGD with Nesterov's momentum, in PyTorch's form: look one step of momentum ahead.

        g        = grad + weight_decay * param
        velocity = momentum * velocity + g
        param    = param - lr * (g + momentum * velocity)

    The last line has the new velocity in it. `grad` is the gradient at `param`: nothing is to be evaluated elsewhere.

    Args:
        param: the parameter, any shape.
        grad: the gradient of the loss, shaped like `param`.
        velocity: what the step before returned, shaped like `param`; zeros before the first step.
        lr: the learning rate.
        momentum: the share of the velocity that is kept.
        weight_decay: the strength of the L2 decay.

    Returns:
        `(param, velocity)`: two new tensors with the shape and dtype of `param`.

    Raises:
        ValueError: `lr`, `momentum` or `weight_decay` is negative. Zero is allowed (it makes this plain SGD), and so
            is a momentum of 1 or more.
    """
    raise NotImplementedError("Task 2.3 nesterov_step: not written yet")
