"""Recomputes the instructions' example."""

from __future__ import annotations

from typing import Any

import torch


def lines(names: dict[str, Any]) -> list[str]:
    """Return the sentence that the instructions must have."""
    centred, average = names["centre"](torch.tensor([1.0, 2.0, 6.0]))
    one, two, three = (f"{value:g}" for value in centred.tolist())
    return [f"The average of 1, 2 and 6 is {average:g}, and centred they are {one}, {two} and {three}."]
