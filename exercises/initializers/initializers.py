"""Initializers: fans, random normal, Xavier, He, and the standardisation of inputs.

The weights of a layer have the shape that PyTorch gives them: `(out, in)` for a fully connected layer, `(out, in,
*kernel)` for a convolution, for example `(16, 3, 5, 5)` for 16 filters of size 5 x 5 over 3 channels. For the five
functions that draw weights:

* `shape` is a tuple of integers, each at least 1. The result is a new float32 tensor of just that shape.
* All randomness comes from `seed`, an integer that is not negative: `torch.Generator().manual_seed(seed)` makes a
  generator of your own. The same seed gives the same tensor at any time, another seed another one. PyTorch's global
  generator is neither used nor changed.
* The elements are independent of each other, and all have the same distribution.
* Everything after the `*` is keyword-only. Leave the names and the defaults as they are.
* An invalid argument raises `ValueError`; each docstring says which are invalid.

README.md has the formulas, the conventions and examples worked by hand.
"""

from __future__ import annotations

import torch  # noqa: F401 - you will want it
from torch import Tensor


def fan_in_and_fan_out(shape: tuple[int, ...]) -> tuple[int, int]:
    """Count the inputs that one output of a layer sums up, and the outputs that one input feeds.

        (out, in)             fan_in = in                       fan_out = out
        (out, in, *kernel)    fan_in = in * (kernel elements)   fan_out = out * (kernel elements)

    Args:
        shape: the shape of the layer's weight, `(out, in)` or `(out, in, *kernel)` with any number of kernel
            dimensions.

    Returns:
        `(fan_in, fan_out)`: two integers.

    Raises:
        ValueError: `shape` has fewer than two dimensions, as that of a bias has.
    """
    raise NotImplementedError("Task 4.1 fan_in_and_fan_out: not written yet")


def random_normal(shape: tuple[int, ...], *, mean: float = 0.0, std: float = 0.01, seed: int) -> Tensor:
    """Draw every element from the normal distribution with this mean and standard deviation.

    Args:
        shape: the shape of the result, with any number of dimensions; `()` is a scalar.
        mean: the mean of the distribution.
        std: its standard deviation (not its variance). With 0 every element is `mean`.
        seed: where the random numbers come from; see the top of this file.

    Returns:
        A new float32 tensor of shape `shape`.

    Raises:
        ValueError: `std` is negative.
    """
    raise NotImplementedError("Task 4.2 random_normal: not written yet")


def xavier_uniform(shape: tuple[int, ...], *, gain: float = 1.0, seed: int) -> Tensor:
    """Draw every element from the uniform distribution on [-bound, bound]: Xavier, or Glorot, initialisation.

        bound = gain * sqrt(6 / (fan_in + fan_out))

    Args:
        shape: the shape of the weight, `(out, in)` or `(out, in, *kernel)`.
        gain: a factor for the activation function that follows. With 0 every element is 0.
        seed: where the random numbers come from; see the top of this file.

    Returns:
        A new float32 tensor of shape `shape`.

    Raises:
        ValueError: `gain` is negative, or `shape` has fewer than two dimensions.
    """
    raise NotImplementedError("Task 4.3 xavier_uniform: not written yet")


def xavier_normal(shape: tuple[int, ...], *, gain: float = 1.0, seed: int) -> Tensor:
    """Draw every element from the normal distribution with mean 0 and Xavier's standard deviation.

        std = gain * sqrt(2 / (fan_in + fan_out))

    The distribution is not cut off: now and then an element is larger than 3 or 4 times `std`.

    Args:
        shape: the shape of the weight, `(out, in)` or `(out, in, *kernel)`.
        gain: a factor for the activation function that follows. With 0 every element is 0.
        seed: where the random numbers come from; see the top of this file.

    Returns:
        A new float32 tensor of shape `shape`.

    Raises:
        ValueError: `gain` is negative, or `shape` has fewer than two dimensions.
    """
    raise NotImplementedError("Task 4.4 xavier_normal: not written yet")


def he_uniform(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
    """Draw every element from the uniform distribution on [-bound, bound]: He, or Kaiming, initialisation for ReLU.

        bound = sqrt(2) * sqrt(3 / fan)        where fan is fan_in or fan_out, as mode says

    Args:
        shape: the shape of the weight, `(out, in)` or `(out, in, *kernel)`.
        mode: `"fan_in"` keeps the size of the activations, `"fan_out"` that of the gradients.
        seed: where the random numbers come from; see the top of this file.

    Returns:
        A new float32 tensor of shape `shape`.

    Raises:
        ValueError: `mode` is neither `"fan_in"` nor `"fan_out"`, or `shape` has fewer than two dimensions.
    """
    raise NotImplementedError("Task 4.5 he_uniform: not written yet")


def he_normal(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
    """Draw every element from the normal distribution with mean 0 and He's standard deviation for ReLU.

        std = sqrt(2) / sqrt(fan)              where fan is fan_in or fan_out, as mode says

    The distribution is not cut off: now and then an element is larger than 3 or 4 times `std`.

    Args:
        shape: the shape of the weight, `(out, in)` or `(out, in, *kernel)`.
        mode: `"fan_in"` keeps the size of the activations, `"fan_out"` that of the gradients.
        seed: where the random numbers come from; see the top of this file.

    Returns:
        A new float32 tensor of shape `shape`.

    Raises:
        ValueError: `mode` is neither `"fan_in"` nor `"fan_out"`, or `shape` has fewer than two dimensions.
    """
    raise NotImplementedError("Task 4.6 he_normal: not written yet")


def standardize(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Shift and scale every feature so that it has mean 0 and standard deviation 1 over the samples.

        mean = sum of x over the N samples / N
        std  = sqrt(sum of (x - mean)^2 over the N samples / N)
        x_standardized = (x - mean) / std

    A feature is one place in the dimensions after the first: with `x` of shape (N, D) there are D of them, with
    (N, A, B) there are A * B. Each has a mean and a standard deviation of its own, taken over dimension 0 alone.

    A feature that has the same value in all N samples (so has every feature if N = 1) is constant. It becomes zeros,
    and its `std` is 0. Beware: the computed mean of three values of 0.1 is not exactly 0.1, and rounding must not make
    a constant feature look like one that varies. A feature that does vary is standardised however small its values are.

    Args:
        x: the samples, shape (N, D) or (N, A, B), N at least 1; float32 or float64. It stays as it was.

    Returns:
        `(x_standardized, mean, std)`: new tensors with the dtype of `x`. The first has the shape of `x`; `mean` and
        `std` have that of one sample, (D,) or (A, B).
    """
    raise NotImplementedError("Task 4.7 standardize: not written yet")
