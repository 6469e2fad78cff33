"""Facts about one function that tell the known wrong solutions apart from each other and from the right one."""

from __future__ import annotations

import torch

from grader.judge import facts
from grader.judge.facts import Fact
from grader.judge.suite import Solution

X = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)


def probe(function: str, solution: Solution) -> list[Fact]:
    """Call `solution.<function>` on fixed inputs and return what it did, always in this order."""
    asked = getattr(solution, function)
    return [
        *facts.of_call(asked, X, factor=0.3),
        *facts.of_call(asked, X),
        *facts.purity(asked, X.clone()),
        facts.refusal(asked, X, factor=-1.0),
    ]
