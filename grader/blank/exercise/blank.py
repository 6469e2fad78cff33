"""A new exercise: one line that says what is written here.

README.md has the formulas, the conventions and an example worked by hand.
"""

from __future__ import annotations

import torch  # noqa: F401 - you will want it
from torch import Tensor


def scale(x: Tensor, *, factor: float = 2.0) -> Tensor:
    """Return `factor * x`.

    Args:
        x: any shape, float32 or float64.
        factor: not negative.

    Returns:
        A new tensor with the shape and dtype of `x`.

    Raises:
        ValueError: `factor` is negative.
    """
    raise NotImplementedError("Task 1.1 scale: not written yet")
