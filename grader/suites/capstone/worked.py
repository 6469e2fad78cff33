"""Recomputes the numbers of the README's section 'Worked by hand'."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math
from typing import Any

import torch

from grader.suites.capstone import network


def lines(names: dict[str, Any]) -> list[str]:
    """Return the lines as they stand in the README, computed with the reference's functions and sizes."""
    state = names["_initial_state"](_generator(), names["_he_normal"])
    counts = {
        layer: sum(value.numel() for name, value in state.items() if name in network.PARAMETERS and layer in name)
        for layer in ("fc1", "bn1", "fc2", "bn2", "fc3")
    }
    terms = {"fc1": r"64 \cdot 128 + 128", "bn1": r"2 \cdot 128", "fc2": r"128 \cdot 64 + 64", "bn2": r"2 \cdot 64"}
    terms["fc3"] = r"64 \cdot 10 + 10"
    schedule = names["_cosine"]
    epochs = (0, 3, 6, 9, 11)
    kept = sum(value.numel() for name, value in state.items() if "running" in name)
    total = sum(counts.values())
    steps = {count: _steps(names, count) for count in (600, 601)}
    return [
        *(f"| `{layer}` | ${terms[layer]}$ | {count} |" for layer, count in counts.items()),
        f"| all | | {total} |",
        f"They learn {total} numbers, and {kept} running statistics are kept.",
        rf"$\sqrt{{2 / 64}} = {math.sqrt(2 / 64):.6f}$",
        rf"$\sqrt{{2 / 128}} = {math.sqrt(2 / 128):.6f}$",
        rf"$-\ln 0.1 = \ln 10 = {_loss_of_equal_logits(names):.6f}$",
        f"an epoch has {steps[600]} steps, and 12 epochs have {12 * steps[600]}.",
        f"it is left out, or joins the {steps[601]}th.",
        "| Epoch | " + " | ".join(map(str, epochs)) + " |",
        "| Rate | " + " | ".join(f"{schedule(0.01, epoch, 12):.6f}" for epoch in epochs) + " |",
        f"after one epoch of 15 steps {0.9**15:.6f}, after three {0.9**45:.6f}.",
        rf"$\sqrt{{0.95 \cdot 0.05 / 1000}} = {math.sqrt(0.95 * 0.05 / 1000):.4f}$",
    ]


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def _steps(names: dict[str, Any], count: int) -> int:
    return len(list(names["_batches"](torch.zeros(count), 40, _generator())))


def _loss_of_equal_logits(names: dict[str, Any]) -> float:
    return float(names["_cross_entropy"](torch.zeros((1, 10), dtype=torch.float64), torch.tensor([3])))
