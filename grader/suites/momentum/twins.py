"""The PyTorch optimizer that the three functions are held against, in the settings that make it each of them."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from grader.judge.optimizers import Rule, follow
from grader.judge.suite import Solution

SGD = Rule("sgd_step", torch.optim.SGD, (), ())
MOMENTUM = Rule("momentum_step", torch.optim.SGD, ("velocity",), ("momentum_buffer",), twin_options={"momentum": 0.9})
NESTEROV = Rule(
    "nesterov_step",
    torch.optim.SGD,
    ("velocity",),
    ("momentum_buffer",),
    twin_options={"momentum": 0.9, "nesterov": True},
)


def takes(rule: Rule, solution: Solution, param: Tensor, grads: Sequence[Tensor], **valid: Any) -> None:
    """Assert that settings at the border of what is valid are taken and followed; to refuse them is a wrong answer."""
    try:
        follow(rule, solution, param, grads, **valid)
    except ValueError:
        settings = ", ".join(f"{name}={value}" for name, value in valid.items())
        raise AssertionError(f"{rule.function}(..., {settings}): got a ValueError, expected a result") from None
