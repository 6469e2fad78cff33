"""What trainings that are watched have in common: an object of the student's is shown a metric after each epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.judge.suite import SolutionFunction, Trace

LOSS, LOG_LIKELIHOOD, ACCURACY, ERRORS = "unseen loss", "log-likelihood", "accuracy", "number of errors"
"""The metrics that a training may be watched by, all of them on unseen data. A log-likelihood is a negated loss."""

FEATURES, CLASSES = 6, 4
BLOWN_UP = 10.0
"""An unseen loss above it is called NaN, where a training says so, and the epoch is undone."""


def shown(metric: str, looked_at: tuple[float, float], count: int) -> float:
    """Return a metric of an epoch, from loss and accuracy on so many unseen samples."""
    loss, accuracy = looked_at
    return {LOSS: loss, LOG_LIKELIHOOD: -loss, ACCURACY: accuracy, ERRORS: count - count * accuracy}[metric]


def life(function: SolutionFunction, settings: Mapping[str, Any], metrics: Sequence[float], *, beside: bool) -> Trace:
    """Live through an object that is shown these metrics, from its start.

    With `beside` another one lives at the same time, with the same settings and metrics a tenth as large. Raises
    `SolutionFault`.
    """
    given = dict(settings)
    other = (given, [(metric / 10,) for metric in metrics]) if beside else None
    return function.trace(given, [(metric,) for metric in metrics], beside=other)


def number(value: float) -> Tensor:
    """Return a number as a state holds it."""
    return torch.tensor(float(value), dtype=torch.float64)


def told(settings: Mapping[str, Any]) -> str:
    """Return settings in words."""
    return ", ".join(f"{key}={value}" for key, value in settings.items())
