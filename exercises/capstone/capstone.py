"""Capstone: train a network with what you have written, and predict with it.

The network, in this order:

    Linear(64, 128) - ReLU - BatchNorm - Dropout(0.3) -
    Linear(128, 64) - ReLU - BatchNorm - Dropout(0.3) -
    Linear(64, 10)

Its parameters and statistics live in a plain dictionary, the state. Keys, shapes and the layout of the weights are
those of PyTorch; every tensor is float32.

    fc1.weight (128, 64)    fc1.bias (128,)
    bn1.weight (128,)       bn1.bias (128,)    bn1.running_mean (128,)    bn1.running_var (128,)
    fc2.weight (64, 128)    fc2.bias (64,)
    bn2.weight (64,)        bn2.bias (64,)     bn2.running_mean (64,)     bn2.running_var (64,)
    fc3.weight (10, 64)     fc3.bias (10,)

Both functions are pure: they leave their arguments as they were and keep nothing in global variables. README.md has
the pipeline, the conventions and advice for debugging.

You may import your earlier files (`from adaptive import adam_step`) and submit them along with this one.
"""

from __future__ import annotations

import torch  # noqa: F401 - you will want it
from torch import Tensor


def train(
    x_train: Tensor, y_train: Tensor, *, num_epochs: int, batch_size: int, lr: float, seed: int
) -> dict[str, Tensor]:
    """Train the network on labelled samples and return its state.

    Start: He-normal weights (mean 0, standard deviation sqrt(2 / fan_in)), zero biases; batch norm with weight 1,
    bias 0, running mean 0 and running variance 1. With `num_epochs=0` this is the state that you return.

    Epoch: shuffle the samples and cut them into batches of `batch_size`. The last batch may be shorter. If it has only
    a single sample, leave that one out or join it to the batch before: one value has no variance.

    Step: forward in training mode (batch statistics, dropout), mean cross-entropy, gradients of all ten parameter
    tensors (weights and biases of the three linear layers and the two batch norms), one step of Adam with betas
    (0.9, 0.999) and eps 1e-8, without weight decay. Running statistics move by a share of 0.1 at each step.

    Learning rate: any schedule you like, above 0 at the first step and never above `lr`.

    Early stopping is welcome, not required. If you hold samples out for it, hold out a fifth at most.

    Args:
        x_train: the inputs, float32 of shape (N, 64), N at least 2. Use them as they are: they are not for you to
            standardise, since `predict` could not know with what.
        y_train: the labels, int64 of shape (N,), each from 0 to 9.
        num_epochs: how often to go through the samples, at most.
        batch_size: how many samples make up one step; more than N means all of them.
        lr: the learning rate from which the schedule starts, or that it never exceeds.
        seed: the only source of randomness: same seed, same state; another seed, another state.

    Returns:
        The state: a dictionary with the fourteen float32 tensors listed above, and nothing else.

    Raises:
        ValueError: `num_epochs` or `lr` is negative (zero is allowed), or `batch_size` is less than 2.
    """
    raise NotImplementedError("Task 8.1 train: not written yet")


def predict(state: dict[str, Tensor], x: Tensor) -> Tensor:
    """Return the logits of the network in evaluation mode.

        h      = relu(x @ fc1.weight^T + fc1.bias)
        h      = (h - bn1.running_mean) / sqrt(bn1.running_var + 1e-5) * bn1.weight + bn1.bias
        h      = relu(h @ fc2.weight^T + fc2.bias)
        h      = (h - bn2.running_mean) / sqrt(bn2.running_var + 1e-5) * bn2.weight + bn2.bias
        logits = h @ fc3.weight^T + fc3.bias

    Dropout does nothing here, and batch norm uses its running statistics, so the result for one row does not depend on
    the rows beside it.

    Args:
        state: a state as `train` returns it, but not always one of yours. It is only read.
        x: the inputs, float32 of shape (N, 64), N at least 1.

    Returns:
        The logits, float32 of shape (N, 10): raw scores, not probabilities.
    """
    raise NotImplementedError("Task 8.2 predict: not written yet")
