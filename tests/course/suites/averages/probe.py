"""Facts that tell the known wrong solutions apart."""

from __future__ import annotations

import torch

from grader.judge import facts
from grader.judge.facts import Fact
from grader.judge.suite import Solution

X = torch.tensor([1.0, 2.0, 6.0], dtype=torch.float64)


def probe(function: str, solution: Solution) -> list[Fact]:
    """Call the function, or live through an object of the class, on fixed inputs."""
    asked = getattr(solution, function)
    if function == "RunningAverage":
        return facts.of_trace(asked, {"start": 1.0}, [(1.0,), (3.0,), (8.0,)])
    return [*facts.of_call(asked, X), *facts.purity(asked, X.clone()), facts.refusal(asked, torch.ones(0))]
