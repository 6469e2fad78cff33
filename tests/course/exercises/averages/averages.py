"""Averages: of a tensor, and of numbers that come one by one."""

from __future__ import annotations

from torch import Tensor


def centre(x: Tensor) -> tuple[Tensor, float]:
    """Return `(x - average, average)` for a tensor of one dimension, not empty.

    Raises:
        ValueError: `x` is empty.
    """
    raise NotImplementedError("Task 1.1 centre: not written yet")


class RunningAverage:
    """The average of the numbers so far. `count` says how many there were.

    Args:
        start: stands for the average before the first number.
    """

    def __init__(self, *, start: float = 0.0) -> None:
        raise NotImplementedError("Task 1.2 RunningAverage: not written yet")

    def update(self, number: float) -> float:
        """Take one more number and return the new average."""
        raise NotImplementedError("Task 1.2 RunningAverage: not written yet")
