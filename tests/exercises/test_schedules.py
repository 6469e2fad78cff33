"""What the self-check of `schedules` cannot see: the reference is PyTorch's, also on metrics that no check shows it."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from grader.judge.reference import load_module
from grader.settings import REPOSITORY
from grader.suites.schedules.curves import half_wave
from grader.suites.schedules.lives import twin_rates

REFERENCE = load_module(REPOSITORY / "grader" / "suites" / "schedules" / "reference.py")


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold", [0.0, 1e-4, 0.3])
@pytest.mark.parametrize(("patience", "cooldown"), [(0, 0), (1, 0), (2, 3), (0, 2)])
def test_plateau_answers_as_pytorch_does(mode: str, threshold: float, patience: int, cooldown: int) -> None:
    draw = torch.Generator().manual_seed(7)
    metrics = torch.randn(300, generator=draw, dtype=torch.float64).cumsum(0).tolist()
    for place, odd in ((0, math.nan), (5, math.inf), (6, -math.inf), (50, math.nan), (100, 0.0), (101, -0.0)):
        metrics[place] = odd
    for metrics_seen in (metrics, metrics[7:50], [abs(metric) for metric in metrics[51:]]):
        settings: dict[str, Any] = {"base_lr": 0.5, "mode": mode, "factor": 0.6, "threshold": threshold}
        settings |= {"patience": patience, "cooldown": cooldown, "min_lr": 1e-7}
        watch = REFERENCE["ReduceOnPlateau"](**settings)
        assert [watch.step(metric) for metric in metrics_seen] == twin_rates(metrics_seen, **settings)


def test_warmup_without_steps_is_the_cosine() -> None:
    for step in range(12):
        plain = REFERENCE["cosine_annealing"](step, base_lr=0.8, total_epochs=9, min_lr=0.1)
        warm = REFERENCE["warmup_cosine"](step, base_lr=0.8, warmup_steps=0, total_steps=9, min_lr=0.1)
        assert plain == warm == (half_wave(step / 9, 0.8, 0.1) if step < 9 else 0.1)
