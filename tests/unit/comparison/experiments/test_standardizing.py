"""The comparison of standardised inputs: the units of a feature do not matter, and any values are survived."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.catalog import load_exercise
from grader.comparison.experiments.standardizing import standardizing
from grader.comparison.finding import Finding, World
from grader.comparison.parity import ACCEPTED
from grader.domain.verdict import Verdict
from grader.judge.in_the_open import OpenChannel
from grader.judge.reference import load_module
from grader.judge.suite import Solution
from grader.settings import REPOSITORY

EXPERIMENT = standardizing(name="standardize", task="4.7", points=1, hint="look")


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., Finding]:
    exercise = load_exercise(REPOSITORY / "exercises" / "initializers")
    reference = load_module(REPOSITORY / "grader" / "suites" / "initializers" / "reference.py")

    def judge(standardize: Callable[[Tensor], Any] | None = None) -> Finding:
        functions = {**reference, **({"standardize": standardize} if standardize else {})}
        return EXPERIMENT.judge(Solution(OpenChannel(functions), exercise, reference), World(seed=1, folder=tmp_path))

    return judge


def by_sums(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what is asked for, added up in another order than PyTorch does."""
    constant = (x == x[:1]).all(0)
    mean = torch.where(constant, x[0], x.flip(0).cumsum(0)[-1] / len(x))
    std = torch.where(constant, 0.0, ((x - mean).square().flip(0).cumsum(0)[-1] / len(x)).sqrt())
    return (x - mean) / torch.where(constant, 1.0, std), mean, std


def test_sums_in_another_order_are_as_right(judged: Callable[..., Finding]) -> None:
    found = judged(by_sums)
    assert found.verdict is Verdict.ACCEPTED
    assert not found.message
    distances = next(picture for picture in found.pictures if picture.name == "standardize-distance")
    assert max(value for line in distances.series for value in line.y if value is not None) <= ACCEPTED


def test_training_on_standardised_samples_is_drawn_beside_the_samples_as_they_are(
    judged: Callable[..., Finding],
) -> None:
    losses = next(picture for picture in judged().pictures if picture.name == "standardize-loss")
    pytorchs, mine, raw = losses.series
    assert mine.y == pytorchs.y
    assert (mine.y[-1] or 0) < 0.7 * (raw.y[-1] or 0)


@pytest.mark.parametrize(("eps", "told"), [(1e-5, True), (0.0, False)])
def test_an_eps_in_the_divisor_shows_where_a_feature_is_small(
    judged: Callable[..., Finding], eps: float, told: bool
) -> None:
    def with_eps(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        _, mean, std = by_sums(x)
        return (x - mean) / torch.where(std == 0, 1.0, std + eps), mean, std

    found = judged(with_eps)
    assert (found.verdict is Verdict.WRONG_ANSWER) is told


@pytest.mark.parametrize("value", [math.nan, math.inf, 1e300])
def test_values_that_are_no_measure_are_refused_in_words(judged: Callable[..., Finding], value: float) -> None:
    found = judged(lambda x: tuple(torch.full_like(part, value) for part in (x, x[0], x[0])))
    assert found.verdict is Verdict.WRONG_ANSWER
    assert found.message.endswith("look")
