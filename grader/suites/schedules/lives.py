"""Objects of the two classes, lived through a whole list of metrics, and what they must answer."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau

from grader.judge import expect
from grader.judge.suite import Beside, Solution

NAN = math.nan
# The learning rate is base_lr times factor once per reduction, at most 200 times in these checks: 2e-14. Whoever keeps
# the number of reductions and takes a power is nearer still. float32 shows at 6e-8.
EXACT = 1e-12

MEND_PATIENCE_FIRST = "If the check of patience fails too, mend that first: it makes this check fail as well. "
"""Opens the hint of a check that a wrong count breaks along with everything else."""


def rates(
    solution: Solution, metrics: Sequence[float], expected: Sequence[float], *, beside: Beside = None, **settings: Any
) -> None:
    """Show an object of ReduceOnPlateau one metric after the other; fail at the first learning rate that is wrong."""
    lived = solution.ReduceOnPlateau.trace(settings, [(metric,) for metric in metrics], beside=beside)
    for epoch, (got, wanted) in enumerate(zip(lived.results, expected, strict=True)):
        expect.number(got, wanted, what=told("ReduceOnPlateau", settings, metrics, epoch), rtol=EXACT)


def twin_rates(metrics: Sequence[float], *, base_lr: float, **settings: Any) -> list[float]:
    """Return the learning rates of PyTorch's ReduceLROnPlateau after each metric."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=base_lr)
    scheduler = ReduceLROnPlateau(optimizer, **settings)
    found = []
    for metric in metrics:
        scheduler.step(metric)
        found.append(float(optimizer.param_groups[0]["lr"]))
    return found


def stops(
    solution: Solution, metrics: Sequence[float], expected: Sequence[bool], *, beside: Beside = None, **settings: Any
) -> None:
    """Show an object of EarlyStopping one metric after the other; fail at the first answer that is wrong."""
    lived = solution.EarlyStopping.trace(settings, [(metric,) for metric in metrics], beside=beside)
    for epoch, (got, wanted) in enumerate(zip(lived.results, expected, strict=True)):
        assert got == wanted, f"{told('EarlyStopping', settings, metrics, epoch)}: got {got}, expected {wanted}"


def bests(solution: Solution, metrics: Sequence[float], expected: Sequence[float], **settings: Any) -> None:
    """Show an object of EarlyStopping one metric after the other; fail where `.best` is first wrong.

    `expected` begins with the value before the first metric.
    """
    lived = solution.EarlyStopping.trace(settings, [(metric,) for metric in metrics])
    shown = [lived.start, *(moment.attributes for moment in lived.moments)]
    for epoch, (attributes, wanted) in enumerate(zip(shown, expected, strict=True), -1):
        what = told("EarlyStopping", settings, metrics, epoch) if epoch >= 0 else "a new EarlyStopping"
        expect.number(_number(attributes["best"], f"{what}, best"), wanted, what=f"{what}, best", rtol=EXACT)


def _number(value: Any, what: str) -> float:
    """Return an attribute as a float. It comes as it was: who shows None there should lose this check and no other."""
    plain = value.item() if isinstance(value, torch.Tensor) and not value.dim() else value
    assert isinstance(plain, (int, float)) and not isinstance(plain, bool), f"{what}: got {value!r}, expected a number"
    return float(plain)


def expected_stops(metrics: Sequence[float], *, patience: int, min_delta: float, mode: str) -> list[bool]:
    """Return what EarlyStopping must answer, by its definition: how long ago was the last improvement?"""
    sign = 1.0 if mode == "min" else -1.0
    best, since, answers = math.inf, 0, []
    for metric in metrics:
        better = sign * metric < best - min_delta
        best, since = (sign * metric, 0) if better else (best, since + 1)
        answers.append(since >= patience)
    return answers


def wandering(draw: torch.Generator, epochs: int, *, start: int) -> list[float]:
    """Return metrics that wander in eighths, from `start` eighths and never below one eighth.

    Eighths are exact in binary, and so are their sums and the products with thresholds of 1/4 and the like: ties are
    frequent here, and a tie is a tie however it is computed.
    """
    steps = torch.randint(-3, 4, (epochs,), generator=draw).tolist()
    place, found = start, []
    for step in steps:
        place = max(1, place + step)
        found.append(place / 8)
    return found


def told(name: str, settings: dict[str, Any], metrics: Sequence[float], epoch: int) -> str:
    """Return in words which moment of which life it is."""
    given = ", ".join(f"{key}={value!r}" for key, value in settings.items())
    seen = ", ".join(f"{metric:g}" for metric in metrics[max(0, epoch - 11) : epoch + 1])
    return f"{name}({given}).step in epoch {epoch}, the latest metrics being {seen}"
