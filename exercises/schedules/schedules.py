"""Schedules: the learning rate as a function of time, two that watch a metric, and the decision to stop.

Four functions and two classes. For all of them:

* Everything is a plain Python number: you need `math`, no tensors and no loops.
* Epochs and steps are counted from 0. Epoch 0 is the first one, and it runs at the learning rate of epoch 0.
* The functions are pure. The same call gives the same number, in whatever order the epochs are asked for: keep nothing
  in global variables. The two classes do remember, each object for itself alone.
* Everything after the `*` is a setting. Leave the names and the defaults as they are.
* An invalid setting raises `ValueError`; each docstring says which are invalid.

README.md has the formulas, the conventions and examples worked by hand.
"""

from __future__ import annotations

import math  # noqa: F401 - you will want it


def step_decay(epoch: int, *, base_lr: float, step_size: int, gamma: float = 0.1) -> float:
    """Return the learning rate of an epoch: multiplied by `gamma` once after every `step_size` epochs.

        lr = base_lr * gamma^k,    k = epoch divided by step_size, rounded down

    With step_size=30, epochs 0 to 29 have base_lr, epochs 30 to 59 have base_lr * gamma, and so on. The twin is
    `StepLR` of PyTorch.

    Args:
        epoch: the number of the epoch, from 0. It may be large (100000).
        base_lr: the learning rate of epoch 0.
        step_size: how many epochs each level lasts.
        gamma: the factor of each drop. 1 changes nothing, above 1 the learning rate grows; both are allowed.

    Returns:
        The learning rate, a float.

    Raises:
        ValueError: `epoch` or `base_lr` is negative (zero is allowed), `step_size` is below 1, or `gamma` is zero or
            negative.
    """
    raise NotImplementedError("Task 7.1 step_decay: not written yet")


def exponential_decay(epoch: int, *, base_lr: float, gamma: float) -> float:
    """Return the learning rate of an epoch: multiplied by `gamma` after every epoch.

        lr = base_lr * gamma^epoch

    The twin is `ExponentialLR` of PyTorch.

    Args:
        epoch: the number of the epoch, from 0. It may be large (100000).
        base_lr: the learning rate of epoch 0.
        gamma: the factor per epoch, such as 0.95. 1 changes nothing, above 1 the learning rate grows; both are
            allowed.

    Returns:
        The learning rate, a float.

    Raises:
        ValueError: `epoch` or `base_lr` is negative (zero is allowed), or `gamma` is zero or negative.
    """
    raise NotImplementedError("Task 7.2 exponential_decay: not written yet")


def cosine_annealing(epoch: int, *, base_lr: float, total_epochs: int, min_lr: float = 0.0) -> float:
    """Return the learning rate of an epoch: half a cosine wave from `base_lr` down to `min_lr`.

        lr = min_lr + (base_lr - min_lr) * (1 + cos(pi * epoch / total_epochs)) / 2    while epoch < total_epochs
        lr = min_lr                                                                    from epoch total_epochs on

    The twin is `CosineAnnealingLR` of PyTorch up to `T_max = total_epochs`. Beyond that epoch PyTorch's wave rises
    again; this one stays at `min_lr`.

    Args:
        epoch: the number of the epoch, from 0.
        base_lr: the learning rate of epoch 0.
        total_epochs: the epoch at which `min_lr` is reached.
        min_lr: the learning rate at the end.

    Returns:
        The learning rate, a float.

    Raises:
        ValueError: `epoch` or `base_lr` is negative (zero is allowed), `total_epochs` is below 1, or `min_lr` lies
            outside [0, base_lr].
    """
    raise NotImplementedError("Task 7.3 cosine_annealing: not written yet")


def warmup_cosine(step: int, *, base_lr: float, warmup_steps: int, total_steps: int, min_lr: float = 0.0) -> float:
    """Return the learning rate of a step: linear warm-up to `base_lr`, then half a cosine wave down to `min_lr`.

        lr = base_lr * (step + 1) / warmup_steps                                  while step < warmup_steps
        lr = min_lr + (base_lr - min_lr) * (1 + cos(pi * progress)) / 2           while step < total_steps,
             progress = (step - warmup_steps) / (total_steps - warmup_steps)
        lr = min_lr                                                               from step total_steps on

    Step 0 already learns (at base_lr / warmup_steps), step warmup_steps - 1 has base_lr, and so has step
    warmup_steps, where the cosine begins. `min_lr` plays no part in the warm-up.

    Args:
        step: the number of the step, from 0.
        base_lr: the learning rate at the peak.
        warmup_steps: how many steps the warm-up lasts; 0 means none, total_steps means nothing else.
        total_steps: the step at which `min_lr` is reached, warm-up included.
        min_lr: the learning rate at the end.

    Returns:
        The learning rate, a float.

    Raises:
        ValueError: `step` or `base_lr` is negative (zero is allowed), `total_steps` is below 1, `warmup_steps` lies
            outside [0, total_steps], or `min_lr` lies outside [0, base_lr].
    """
    raise NotImplementedError("Task 7.4 warmup_cosine: not written yet")


class ReduceOnPlateau:
    """Multiply the learning rate by `factor` when a metric has stopped improving.

    Call `step(metric)` once per epoch. The metric is an improvement over the best one so far if

        metric < best * (1 - threshold)    in mode "min" (a loss)
        metric > best * (1 + threshold)    in mode "max" (an accuracy)

    and then it becomes the best one, and only then. An equal metric is no improvement, and NaN never is one. Before
    the first epoch `best` is infinity in mode "min" and minus infinity in mode "max", so the first number is an
    improvement. Below zero the formulas stay as they are, though `best * (1 - threshold)` is then the worse side.

    Each epoch, in this order:

    1. An improvement sets the count of bad epochs to 0, any other epoch adds 1 to it.
    2. During a cooldown, one epoch of it is used up, and the count is set to 0. (The best metric is still kept.)
    3. If the count is now above `patience`, the learning rate becomes the larger of `lr * factor` and `min_lr`, the
       count is set to 0, and a cooldown of `cooldown` epochs begins with the next one.

    So `patience` bad epochs in a row are forgiven, and the one after them is not. A change of the learning rate by
    1e-8 or less is not made: `lr` then stays what it was.

    The twin is `ReduceLROnPlateau` of PyTorch with its default `threshold_mode="rel"` and `eps=1e-8`.

    Args:
        base_lr: the learning rate to begin with.
        mode: "min" if a smaller metric is better, "max" if a larger one is.
        factor: what the learning rate is multiplied by.
        patience: how many bad epochs in a row are forgiven; 0 forgives none.
        threshold: the relative improvement that an epoch must exceed.
        cooldown: for how many epochs after a reduction no bad epochs are counted.
        min_lr: the learning rate never falls below it.

    Attributes:
        lr: the learning rate, a float; `base_lr` before the first step.

    Raises:
        ValueError: when the object is made, if `base_lr`, `patience` or `cooldown` is negative (zero is allowed),
            `mode` is neither "min" nor "max", `factor` lies outside (0, 1) (0 and 1 are invalid too), `threshold`
            lies outside [0, 1), or `min_lr` lies outside [0, base_lr].
    """

    def __init__(
        self,
        *,
        base_lr: float,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        raise NotImplementedError("Task 7.5 ReduceOnPlateau: not written yet")

    def step(self, metric: float) -> float:
        """Take note of the metric of one epoch and return the learning rate for the next one, which is also `lr`."""
        raise NotImplementedError("Task 7.5 ReduceOnPlateau: not written yet")


class EarlyStopping:
    """Say when to stop: after `patience` epochs in a row without improvement.

    Call `step(metric)` once per epoch. The metric is an improvement over the best one so far if

        metric < best - min_delta    in mode "min" (a loss)
        metric > best + min_delta    in mode "max" (an accuracy)

    and then it becomes the best one, and only then. A metric that is better by exactly `min_delta` is no improvement,
    and NaN never is one. The count of bad epochs is 0 after an improvement and grows by 1 with any other epoch.

    `step` returns True if the count is `patience` or more. With patience=3 that is the third bad epoch in a row. Who
    goes on training regardless hears True until an improvement comes; that one returns False, and the count begins
    anew.

    Args:
        patience: how many bad epochs in a row are enough to stop.
        min_delta: the absolute improvement that an epoch must exceed.
        mode: "min" if a smaller metric is better, "max" if a larger one is.

    Attributes:
        best: the best metric so far, a float. Before the first improvement it is `math.inf` in mode "min" and
            `-math.inf` in mode "max".

    Raises:
        ValueError: when the object is made, if `patience` is below 1, `min_delta` is negative (zero is allowed), or
            `mode` is neither "min" nor "max".
    """

    def __init__(self, *, patience: int, min_delta: float = 0.0, mode: str = "min") -> None:
        raise NotImplementedError("Task 7.6 EarlyStopping: not written yet")

    def step(self, metric: float) -> bool:
        """Take note of the metric of one epoch and return whether training should stop now."""
        raise NotImplementedError("Task 7.6 EarlyStopping: not written yet")
