"""Where a training should end, beside the rule written out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch

from grader.catalog import load_exercise
from grader.comparison.experiments.stopping import Overfit, early_stopping, stopping_rule
from grader.comparison.experiments.watching import ERRORS
from grader.comparison.finding import World
from grader.comparison.parity import Parity
from grader.comparison.run import distances
from grader.domain.verdict import Verdict
from grader.judge.in_the_open import OpenChannel
from grader.judge.reference import load_module
from grader.judge.suite import Solution
from grader.settings import REPOSITORY

pytestmark = pytest.mark.slow

REFERENCE = load_module(REPOSITORY / "grader" / "suites" / "schedules" / "reference.py")
EXERCISE = load_exercise(REPOSITORY / "exercises" / "schedules")

FEW = Overfit(settings={"patience": 3, "min_delta": 0.01})


def solution(**names: Any) -> Solution:
    """Return the reference with these classes in the place of its own."""
    return Solution(OpenChannel({**REFERENCE, **names}), EXERCISE, REFERENCE)


def stopping(training: Overfit) -> Parity:
    return early_stopping(name="end", task="7.6", points=5, hint="Count.", trainings={"training": training})


def run_of(experiment: Parity, made: Solution, seed: int = 0) -> tuple[Any, Any]:
    """Return what a solution's run of the only case shows, and the twin's."""
    (case,) = experiment.cases.values()
    mine = case.mine(made, torch.Generator().manual_seed(seed))
    return mine, case.twin(mine, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("metric", ["unseen loss", ERRORS])
def test_the_reference_follows_the_written_rule(metric: str) -> None:
    mine, rule = run_of(stopping(Overfit(settings=FEW.settings, metric=metric)), solution())
    assert max(distances(mine, rule)) == 0


def test_the_network_learns_its_few_samples_by_heart() -> None:
    mine, _ = run_of(stopping(FEW), solution())
    assert mine.curves["training loss"][-1] < 0.5 * mine.curves["training loss"][2]
    assert mine.curves["unseen loss"][-1] > min(mine.curves["unseen loss"])
    assert 1.0 in mine.curves["stop"]


BESTS: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "a text": lambda: "0.5",
    "a truth value": lambda: True,
    "a list": lambda: [0.5],
    "a vector": lambda: torch.ones(3),
    "a complex number": lambda: torch.tensor(1j),
    "an endless number": lambda: 10**400,
    "nan": lambda: math.nan,
}


@pytest.mark.parametrize("best", BESTS.values(), ids=BESTS.keys())
def test_a_best_that_may_be_anything_is_judged(world: World, best: Callable[[], Any]) -> None:
    class Strange:
        def __init__(self, **settings: Any) -> None:
            self.right, self.best = REFERENCE["EarlyStopping"](**settings), best()

        def step(self, metric: float) -> bool:
            return bool(self.right.step(metric))

    found = stopping(FEW).judge(solution(EarlyStopping=Strange), world)
    assert found.verdict is Verdict.WRONG_ANSWER


def test_the_rule_by_hand() -> None:
    stops, bests = stopping_rule([5.0, 4.0, 4.0, 4.5, math.nan, 3.0, 3.0], patience=2)
    assert stops == [False, False, False, True, True, False, False]
    assert bests == [5.0, 4.0, 4.0, 4.0, 4.0, 3.0, 3.0]


def test_an_improvement_by_exactly_min_delta_is_none_in_either_mode() -> None:
    assert stopping_rule([2.0, 1.0], patience=1, min_delta=1.0)[1] == [2.0, 2.0]
    assert stopping_rule([-2.0, -1.0, 0.0], patience=1, min_delta=1.0, mode="max")[1] == [-2.0, -2.0, 0.0]
    assert stopping_rule([math.nan], patience=1, mode="max") == ([True], [-math.inf])
