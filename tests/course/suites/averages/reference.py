"""The right solution of `averages`."""

from __future__ import annotations

from torch import Tensor


def centre(x: Tensor) -> tuple[Tensor, float]:
    """Return the centred tensor and its average."""
    if not len(x):
        raise ValueError("an empty tensor has no average")
    average = float(x.sum()) / len(x)
    return x - average, average


class RunningAverage:
    """The average of the numbers so far."""

    def __init__(self, *, start: float = 0.0) -> None:
        self.count, self._average = 0, start

    def update(self, number: float) -> float:
        """Take one more number and return the new average."""
        self.count += 1
        self._average += (number - self._average) / self.count
        return self._average
