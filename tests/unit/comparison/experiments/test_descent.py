"""Gradient descent in its parts: what the judge makes of losses, clipped gradients, batches and fitted lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from grader.catalog import load_exercise
from grader.comparison.case import Case
from grader.comparison.experiments.descent import CUTS, RATES, classes, clipped, fitted, partitions, squares
from grader.comparison.run import distances
from grader.judge.in_the_open import OpenChannel
from grader.judge.reference import load_module
from grader.judge.suite import Solution
from grader.settings import REPOSITORY

pytestmark = pytest.mark.slow

REFERENCE = load_module(REPOSITORY / "grader" / "suites" / "gradient_descent" / "reference.py")
EXERCISE = load_exercise(REPOSITORY / "exercises" / "gradient_descent")
CASES = {
    "squares of one": squares(outputs=None, scale=1.0),
    "squares of three": squares(outputs=3, scale=1e4),
    "classes": classes(scale=1.0),
    "classes with large logits": classes(scale=3000.0),
    "clipped": clipped(max_norm=1.0, steepness=3.0),
    "partitions": partitions(lambda *_: []),
    "fitted": fitted(lambda *_: []),
}


def apart(case: Case, seed: int = 0, **functions: Callable[..., Any]) -> float:
    """Return how far a solution with these functions is from PyTorch."""
    solution = Solution(OpenChannel({**REFERENCE, **functions}), EXERCISE, REFERENCE)
    mine = case.mine(solution, torch.Generator().manual_seed(seed))
    return max(distances(mine, case.twin(mine, torch.Generator().manual_seed(seed))))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_reference_repeats_pytorch(case: Case, seed: int) -> None:
    assert apart(case, seed) <= 1e-9


def test_a_loss_is_compared_and_not_only_followed() -> None:
    def half(pred: Any, target: Any) -> Any:
        loss, grad = REFERENCE["mse_loss"](pred, target)
        return loss / 2, grad

    assert apart(CASES["squares of one"], mse_loss=half) == pytest.approx(0.5)


def test_the_curve_that_is_drawn_is_the_judges() -> None:
    """A loss that the student makes up is compared, and the weights do not depend on it."""

    def boasting(logits: Any, labels: Any) -> Any:
        _, grad = REFERENCE["cross_entropy_loss"](logits, labels)
        return torch.zeros((), dtype=logits.dtype), grad

    assert apart(CASES["classes"], cross_entropy_loss=boasting) == pytest.approx(1.0)


BATCHES: dict[str, Callable[..., Any]] = {
    "none": lambda *_, **__: [],
    "one that is empty": lambda *_, **__: [torch.empty(0, dtype=torch.int64)],
    "indices far outside": lambda *_, **__: [torch.tensor([10**12, -5])],
    "the same again and again": lambda num, *_, **__: [torch.zeros(num, dtype=torch.int64)],
    "in order": lambda num, size, **_: list(torch.split(torch.arange(num), size)),
    "one of a thousand": lambda *_, **__: [torch.arange(1000)],
}


@pytest.mark.parametrize("minibatches", BATCHES.values(), ids=BATCHES.keys())
def test_any_list_of_indices_is_judged_and_none_is_trained_on_blindly(minibatches: Callable[..., Any]) -> None:
    assert apart(CASES["partitions"], minibatches=minibatches) > 1e-6


@pytest.mark.parametrize("seed", range(40))
def test_shuffled_batches_are_taken_for_shuffled(seed: int) -> None:
    assert apart(CASES["partitions"], 1000 + seed) <= 1e-9


def test_ways_to_cut_include_remainders_and_single_samples() -> None:
    assert [cut.sizes for cut in CUTS] == [[1] * 60, [16, 16, 16, 12], [60], [20, 20, 20, 1], [20, 20, 20], [20] * 3]


def test_rates_reach_from_crawling_to_divergence() -> None:
    solution = Solution(OpenChannel(REFERENCE), EXERCISE, REFERENCE)
    losses = CASES["fitted"].mine(solution, torch.Generator().manual_seed(0)).curves
    assert list(losses) == list(RATES)
    assert losses["too large"][-1] > losses["too large"][0] > losses["nearly too large"][-1]
    assert losses["good"][-1] < losses["small"][-1] < losses["far too small"][-1]


def test_divergence_is_compared_where_it_is_infinite() -> None:
    def endless(x: Any, _y: Any, *, lr: float, num_steps: int) -> Any:
        return x.new_full((x.shape[1],), torch.inf), x.new_full((), torch.nan), x.new_full((num_steps,), torch.inf)

    assert apart(CASES["fitted"], fit_linear=endless) == torch.inf
