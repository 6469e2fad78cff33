"""Dropout: switch units off at random while the network learns, forwards and backwards.

For both functions:

* Tensors are float32 or float64, of any shape: also a scalar, an empty tensor, or a transposed one. What you return
  has the shape, dtype and device of the argument.
* The functions are pure. Leave the arguments as they were, and keep nothing in global variables. In training return
  new tensors; in evaluation, where nothing changes, you may return the argument itself.
* `p` is the probability that an element is **dropped**, as in PyTorch. It lies in [0, 1], both ends included.
* All randomness comes from `seed`: the same call gives the same result every time, another seed gives another mask.
  Use a generator of your own, `torch.Generator().manual_seed(seed)`, and leave PyTorch's global one alone.
* Everything after the `*` is passed by its name. An invalid `p` raises `ValueError`, in evaluation too.

README.md has the formulas, the conventions and an example worked by hand.
"""

from __future__ import annotations

import torch  # noqa: F401 - you will want it
from torch import Tensor


def dropout_forward(x: Tensor, p: float, *, training: bool, seed: int) -> tuple[Tensor, Tensor]:
    """Drop each element of `x` with probability `p`, and scale up what is kept (inverted dropout).

    In training:

        mask = True with probability 1 - p, for each element on its own
        out  = x / (1 - p) where mask is True, 0 where it is False

    In evaluation nothing is dropped and nothing is scaled:

        mask = True everywhere
        out  = x

    Args:
        x: the activations, any shape.
        p: the probability of dropping an element, in [0, 1]. With `p=0` nothing is dropped. With `p=1` everything is:
            `out` is zeros, without a NaN.
        training: True while the network learns, False in evaluation.
        seed: the seed of the mask. In evaluation it has no effect.

    Returns:
        `(out, mask)`: `out` with the shape and dtype of `x`; `mask` a bool tensor of the same shape, True where the
        element was **kept**. Which elements are dropped depends on the seed, not on the values in `x`.

    Raises:
        ValueError: `p` lies outside [0, 1].
    """
    raise NotImplementedError("Task 6.1 dropout_forward: not written yet")


def dropout_backward(grad_out: Tensor, mask: Tensor, p: float, *, training: bool) -> Tensor:
    """Return the gradient of the loss with respect to the `x` of `dropout_forward`.

    In training:

        grad_x = grad_out / (1 - p) where mask is True, 0 where it is False

    In evaluation, where `out` is `x`:

        grad_x = grad_out

    Args:
        grad_out: the gradient of the loss with respect to `out`, any shape.
        mask: the mask that `dropout_forward` returned: bool, shaped like `grad_out`, True where kept.
        p: the probability that the forward pass used. With `p=1` the gradient is zeros, without a NaN.
        training: the mode of the forward pass.

    Returns:
        `grad_x`, with the shape and dtype of `grad_out`.

    Raises:
        ValueError: `p` lies outside [0, 1].
    """
    raise NotImplementedError("Task 6.2 dropout_backward: not written yet")
