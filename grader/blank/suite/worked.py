"""Recomputes the numbers of the instructions' worked example."""

from __future__ import annotations

from typing import Any

import torch


def lines(names: dict[str, Any]) -> list[str]:
    """Return the sentences that the instructions must have."""
    scaled = names["scale"](torch.tensor([1.0, -2.0]), factor=3.0)
    return [f"`scale` of $[1, -2]$ with `factor=3` is $[{scaled[0]:g}, {scaled[1]:g}]$."]
