"""Rates that answer to a training, beside PyTorch's ReduceLROnPlateau."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

from grader.catalog import load_exercise
from grader.comparison.experiments.plateaus import Plateau, reduce_on_plateau
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

NOISY = Plateau(settings={"base_lr": 1.5, "factor": 0.4, "patience": 2, "threshold": 0.02}, epochs=20)
WILD = Plateau(settings={"base_lr": 2000.0, "patience": 1, "threshold": 0.0}, epochs=10, undoes=True)


def solution(**names: Any) -> Solution:
    """Return the reference with these classes in the place of its own."""
    return Solution(OpenChannel({**REFERENCE, **names}), EXERCISE, REFERENCE)


def plateau(training: Plateau) -> Parity:
    return reduce_on_plateau(name="rates", task="7.5", points=6, hint="Count.", trainings={"training": training})


def run_of(experiment: Parity, made: Solution, seed: int = 0) -> tuple[Any, Any]:
    """Return what a solution's run of the only case shows, and the twin's."""
    (case,) = experiment.cases.values()
    mine = case.mine(made, torch.Generator().manual_seed(seed))
    return mine, case.twin(mine, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("training", [NOISY, WILD], ids=["noisy", "wild"])
def test_the_reference_repeats_pytorchs_plateau(training: Plateau) -> None:
    mine, twin = run_of(plateau(training), solution())
    assert max(distances(mine, twin)) <= 1e-9


def test_the_rate_falls_several_times_and_decides_what_is_shown_next() -> None:
    mine, _ = run_of(plateau(NOISY), solution())
    assert len(set(mine.curves["lr"])) >= 3

    class Constant(REFERENCE["ReduceOnPlateau"]):  # type: ignore[misc]  # executed from a file
        def reduce(self) -> None:
            """Never reduce."""

    other, _ = run_of(plateau(NOISY), solution(ReduceOnPlateau=Constant))
    falls = next(epoch for epoch, rate in enumerate(mine.curves["lr"]) if rate < 1.5)
    assert mine.curves["metric"][:falls] == other.curves["metric"][:falls]
    assert mine.curves["metric"][falls:] != other.curves["metric"][falls:]


def test_epochs_that_blow_up_are_shown_as_nan() -> None:
    mine, _ = run_of(plateau(WILD), solution())
    assert math.isnan(mine.curves["metric"][0])
    assert math.isfinite(mine.curves["metric"][-1])


def test_an_attribute_that_is_left_behind_is_found(world: World) -> None:
    class Behind(REFERENCE["ReduceOnPlateau"]):  # type: ignore[misc]  # executed from a file
        def step(self, metric: float) -> float:
            before = self.lr
            self.lr = getattr(self, "now", before)
            self.now = super().step(metric)
            self.lr = 1.5
            return float(self.now)

    found = plateau(NOISY).judge(solution(ReduceOnPlateau=Behind), world)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert "in the attribute lr" in found.message


@pytest.mark.parametrize("rate", [math.nan, math.inf, -math.inf, 1e300, -3.0])
def test_a_plateau_that_answers_anything_is_wrong_and_breaks_nothing(world: World, rate: float) -> None:
    class Strange(REFERENCE["ReduceOnPlateau"]):  # type: ignore[misc]  # executed from a file
        def step(self, metric: float) -> float:  # noqa: ARG002 - whatever it is shown
            return rate

    assert plateau(NOISY).judge(solution(ReduceOnPlateau=Strange), world).verdict is Verdict.WRONG_ANSWER
