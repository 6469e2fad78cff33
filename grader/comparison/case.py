"""One run of training that is made twice: with the solution, and with PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from grader.comparison.run import Run
from grader.domain.picture import Picture
from grader.judge.suite import Solution


@dataclass(frozen=True, kw_only=True)
class Case:
    """One run, made twice: `mine` asks the solution, `twin` is PyTorch's and is shown the solution's run.

    A twin that needs nothing of it ignores it; where a component draws at random, what it drew is found there. Each is
    given a fresh generator in the same state, so that both see the same data, weights and batches.
    """

    mine: Callable[[Solution, torch.Generator], Run]
    twin: Callable[[Run, torch.Generator], Run]
    pictures: Callable[[Run, Run], list[Picture]] = lambda _mine, _twin: []
