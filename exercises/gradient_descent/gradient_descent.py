"""Gradient descent: two losses with their gradients, a step, clipping, mini-batches, and a line fitted with all that.

For all six functions:

* Tensors of real numbers are float32 or float64; within a call all have the same dtype, and so has every such tensor
  that you return. Labels and indices are int64.
* The functions are pure. Return new tensors, leave the arguments as they were, and keep nothing in global variables.
* A gradient has the shape of what it belongs to: each element says how the loss changes with that element.
* Everything after the `*` is a hyperparameter. Leave the names and the defaults as they are.
* Invalid arguments raise `ValueError`; each docstring says which are invalid.

Derivatives are worked out on paper and written down here: autograd is closed. README.md has the formulas, the
conventions and examples worked by hand.
"""

from __future__ import annotations

import torch  # noqa: F401 - you will want it
from torch import Tensor


def mse_loss(pred: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean squared error and its gradient with respect to `pred`.

        loss = mean of (pred - target)^2, over all elements

    Args:
        pred: predictions, any shape with at least one element: also a scalar, or a tensor that is not contiguous.
        target: what they should have been, shaped like `pred`.

    Returns:
        `(loss, grad_pred)`: the loss, 0-d, and its gradient, shaped like `pred`.

    Raises:
        ValueError: `pred` and `target` differ in shape. (Arithmetic would broadcast them and say nothing.)
    """
    raise NotImplementedError("Task 1.1 mse_loss: not written yet")


def cross_entropy_loss(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean cross-entropy of N samples and its gradient with respect to `logits`.

        p[i, c] = exp(logits[i, c]) / sum over k of exp(logits[i, k])
        loss    = mean over i of -log(p[i, labels[i]])

    Finite and right for logits of up to 1e4 in size, positive or negative, in float32 too.

    Args:
        logits: one row of scores per sample, `(N, C)`, with N and C at least 1. They are no probabilities: any real
            numbers, and a row need not sum to anything.
        labels: the right class of each sample, `(N,)`, int64, each in 0 .. C - 1.

    Returns:
        `(loss, grad_logits)`: the loss, 0-d, and its gradient, `(N, C)`, both with the dtype of `logits`.

    Raises:
        ValueError: a label is negative or not below C.
    """
    raise NotImplementedError("Task 1.2 cross_entropy_loss: not written yet")


def gradient_descent_step(param: Tensor, grad: Tensor, *, lr: float) -> Tensor:
    """Take one step of gradient descent.

        param = param - lr * grad

    Args:
        param: the parameter, any shape: also a scalar, an empty tensor, or a transposed one.
        grad: the gradient of the loss, shaped like `param`.
        lr: the learning rate. There is no upper limit, and zero is allowed.

    Returns:
        The new parameter, with the shape and dtype of `param`.

    Raises:
        ValueError: `lr` is negative.
    """
    raise NotImplementedError("Task 1.3 gradient_descent_step: not written yet")


def clip_by_global_norm(grads: list[Tensor], *, max_norm: float) -> tuple[list[Tensor], Tensor]:
    """Scale gradients down together, if they are too long together.

        norm  = square root of the sum of squares of all elements of all tensors
        grads = each times max_norm / norm if norm > max_norm, else unchanged

    Args:
        grads: a list of at least one tensor. Each has a shape of its own; a tensor may be 0-d or empty.
        max_norm: the largest norm that is let through. Zero turns every gradient into zeros, `math.inf` clips nothing.

    Returns:
        `(grads, norm)`: a list with as many tensors, in the same order, shapes and dtype; and the norm *before*
        clipping, 0-d. Gradients that are unchanged may be the very tensors that came in.

    Raises:
        ValueError: `max_norm` is negative.
    """
    raise NotImplementedError("Task 1.4 clip_by_global_norm: not written yet")


def minibatches(num_samples: int, batch_size: int, *, seed: int, drop_last: bool = False) -> list[Tensor]:
    """Shuffle the indices 0 .. num_samples - 1 and cut them into batches: the plan of one epoch.

    Args:
        num_samples: how many samples there are.
        batch_size: how many go into a batch: 1 is stochastic gradient descent, `num_samples` (or more) the full batch.
        seed: decides the order, and nothing else does: the same seed gives the same batches, another seed others. Draw
            from `torch.Generator().manual_seed(seed)`.
        drop_last: whether to leave out a last batch that is short.

    Returns:
        A list of 1-D int64 tensors. Each index occurs exactly once in all of them together. All batches have
        `batch_size` indices, except that the last one has what is left over; `drop_last` leaves that one out.

    Raises:
        ValueError: `num_samples` or `batch_size` is below 1.
    """
    raise NotImplementedError("Task 1.5 minibatches: not written yet")


def fit_linear(x: Tensor, y: Tensor, *, lr: float, num_steps: int) -> tuple[Tensor, Tensor, Tensor]:
    """Fit `x @ weight + bias` to `y` by gradient descent on the mean squared error, all samples in every step.

    Weight and bias start at zero. Every step takes the gradients of both at the same point.

    Args:
        x: the inputs, one row per sample, `(N, D)`.
        y: the values to predict, `(N,)`.
        lr: the learning rate.
        num_steps: how many steps to take, no more and no fewer. Zero is allowed.

    Returns:
        `(weight, bias, losses)`: the weight after the last step, `(D,)`, the bias, 0-d, and the loss before each step,
        `(num_steps,)`, all with the dtype of `x`. `losses[0]` is the loss at zero weight and bias.

    Raises:
        ValueError: `lr` or `num_steps` is negative.
    """
    raise NotImplementedError("Task 1.6 fit_linear: not written yet")
