"""Batch normalisation: the forward pass, in training and in evaluation, and the backward pass.

For both functions:

* The input is `(N, C)`, a batch of N vectors with C features, or `(N, C, H, W)`, a batch of N images with C channels.
  A channel (a feature) is normalised over everything else: over N values, or over N * H * W.
* Tensors are float32 or float64, all of one dtype, and so is every tensor that you return. They need not be contiguous.
* The functions are pure. Return new tensors, leave the arguments as they were (the running statistics too), and keep
  nothing in global variables. What the backward pass has to know travels in `cache`.
* Everything after the `*` is a setting. Leave the names and the defaults as they are.

README.md has the formulas, the derivation of the gradient, the conventions and an example worked by hand.
"""

from __future__ import annotations

from typing import Any

import torch  # noqa: F401 - you will want it
from torch import Tensor


def batchnorm_forward(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    *,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Tensor, Tensor, Tensor, Any]:
    """Normalise every channel of a batch, then scale and shift it.

    In training, with n values per channel (n = N, or N * H * W):

        mean         = mean of the channel's n values
        var          = sum of (x - mean)^2 / n                  (biased: to normalise with)
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var  = (1 - momentum) * running_var  + momentum * var * n / (n - 1)    (unbiased: to keep)

    In evaluation `running_mean` and `running_var` are used as `mean` and `var`, and stay as they are. In both:

        x_hat = (x - mean) / sqrt(var + eps)
        out   = weight * x_hat + bias

    Args:
        x: the batch, `(N, C)` or `(N, C, H, W)`.
        weight: the scale of each channel, `(C,)`.
        bias: the shift of each channel, `(C,)`.
        running_mean: the running average of the batches' means, `(C,)`.
        running_var: the running average of the batches' unbiased variances, `(C,)`.
        training: whether the batch's own statistics are used and kept.
        momentum: the share of the new batch in the running statistics.
        eps: added to the variance, under the root.

    Returns:
        `(out, running_mean, running_var, cache)`: `out` has the shape of `x`. `running_mean` and `running_var` are new
        tensors in training; in evaluation you may return those that you were given. `cache` is whatever
        `batchnorm_backward` needs: tensors, numbers and truth values in tuples, lists or dictionaries with text keys.

    Raises:
        ValueError: `training` with a single value per channel, an `eps` that is zero or negative, or a `momentum`
            outside [0, 1].
    """
    raise NotImplementedError("Task 5.1 batchnorm_forward: not written yet")


def batchnorm_backward(grad_out: Tensor, cache: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Return the gradients of the loss with respect to the input, the weight and the bias.

    With `grad_out` the gradient with respect to `out`; sums and means run over the n values of a channel:

        grad_bias   = sum of grad_out
        grad_weight = sum of grad_out * x_hat
        grad_x_hat  = grad_out * weight
        grad_x      = (grad_x_hat - mean of grad_x_hat - x_hat * mean of (grad_x_hat * x_hat)) / sqrt(var + eps)

    For a cache that was made with `training=False` the mean and the variance are constants, and the last line is

        grad_x      = grad_x_hat / sqrt(var + eps)

    Args:
        grad_out: the gradient of the loss with respect to `out`, shaped like `out`.
        cache: what `batchnorm_forward` returned as `cache`. Other calls may have been made since then.

    Returns:
        `(grad_x, grad_weight, grad_bias)`: three new tensors with the dtype of `grad_out`; `grad_x` has its shape,
        the other two are `(C,)`.
    """
    raise NotImplementedError("Task 5.2 batchnorm_backward: not written yet")
