"""Facts about `adam_step` that tell the few known wrong solutions apart."""

from __future__ import annotations

import torch
from torch import Tensor

from grader.judge.suite import CARRIED, Solution, Step


def probe(function: str, solution: Solution) -> list[Tensor | str]:
    """Return param after a few steps: plain, with a large eps, and with weight decay alone."""
    adam_step = getattr(solution, function)
    start, zeros = torch.full((2,), 2.0, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)
    grads = [torch.tensor(values, dtype=torch.float64) for values in ([0.5, -2.0], [-0.3, -0.1], [1.5, 0.7])]
    facts: list[Tensor | str] = []
    for first, followed, settings in (
        (zeros, grads, {"lr": 0.2, "eps": 0.0}),
        (zeros, grads, {"lr": 0.2, "eps": 0.5}),
        (start, [zeros, zeros], {"lr": 0.2, "weight_decay": 0.1}),
    ):
        steps = [
            Step((CARRIED, grad, CARRIED, CARRIED, number), dict(settings)) for number, grad in enumerate(followed, 1)
        ]
        facts.append(adam_step.walk((first, zeros, zeros), steps)[-1][0])
    return facts
