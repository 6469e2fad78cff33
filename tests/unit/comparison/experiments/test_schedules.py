"""Learning rates beside PyTorch's schedulers: in which order they are asked for, and how far apart they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, StepLR

from grader.catalog import load_exercise
from grader.comparison.experiments.schedules import Schedule, curve, trace
from grader.comparison.finding import World
from grader.comparison.parity import Parity
from grader.domain.verdict import Verdict
from grader.judge.in_the_open import OpenChannel
from grader.judge.reference import load_module
from grader.judge.suite import Solution
from grader.settings import REPOSITORY

REFERENCE = load_module(REPOSITORY / "grader" / "suites" / "schedules" / "reference.py")
EXERCISE = load_exercise(REPOSITORY / "exercises" / "schedules")

STAIRCASE = Schedule(
    settings={"base_lr": 0.5, "step_size": 3, "gamma": 0.5},
    scheduler=lambda optimizer: StepLR(optimizer, 3, gamma=0.5),
    epochs=8,
)
WAVE = Schedule(
    settings={"base_lr": 1.0, "total_epochs": 4, "min_lr": 0.2},
    scheduler=lambda optimizer: CosineAnnealingLR(optimizer, T_max=4, eta_min=0.2),
    epochs=9,
    ends=(4, 0.2),
)


def solution(**functions: Callable[..., Any]) -> Solution:
    """Return the reference with these functions in the place of its own."""
    return Solution(OpenChannel({**REFERENCE, **functions}), EXERCISE, REFERENCE)


def compared(**schedules: Schedule) -> Parity:
    return trace(
        name="rates", task="7.1", function="step_decay", points=2, hint="Count the periods.", schedules=schedules
    )


def test_pytorchs_rates_are_those_of_its_scheduler() -> None:
    assert STAIRCASE.pytorchs() == [0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125]


def test_a_wave_that_pytorch_lets_rise_again_stays_at_its_end() -> None:
    assert WAVE.pytorchs() == pytest.approx([1.0, 0.8828, 0.6, 0.3172, 0.2, 0.2, 0.2, 0.2, 0.2], abs=1e-4)


def test_a_stride_looks_at_the_first_step_of_each_epoch() -> None:
    long = Schedule(
        settings={"base_lr": 1.0, "gamma": 0.9},
        scheduler=lambda optimizer: ExponentialLR(optimizer, 0.9),
        epochs=3,
        stride=10,
    )
    assert long.pytorchs() == pytest.approx([1.0, 0.9**10, 0.9**20])
    assert long.asked(solution(), "exponential_decay") == pytest.approx(long.pytorchs())


def test_epochs_that_are_asked_for_again_are_compared_by_their_second_answer() -> None:
    asked: list[int] = []

    def counting(epoch: int, **_: Any) -> float:
        asked.append(epoch)
        return float(len(asked))

    resumed = Schedule(settings=STAIRCASE.settings, scheduler=STAIRCASE.scheduler, epochs=4, again=2)
    assert resumed.asked(solution(step_decay=counting), "step_decay") == [1.0, 2.0, 5.0, 6.0]
    assert asked == [0, 1, 2, 3, 2, 3]


def test_the_reference_has_pytorchs_rates(world: World) -> None:
    found = compared(staircase=STAIRCASE).judge(solution(), world)
    assert (found.verdict, found.message) == (Verdict.ACCEPTED, "")


def test_the_first_epoch_with_another_rate_is_named_from_zero(world: World) -> None:
    def late(epoch: int, *, base_lr: float, step_size: int, gamma: float) -> float:
        return base_lr * gamma ** (max(epoch - 1, 0) // step_size)

    found = compared(staircase=STAIRCASE).judge(solution(step_decay=late), world)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert "staircase: it leaves PyTorch's path at epoch 3, in lr" in found.message


def test_the_first_schedule_is_drawn_and_another_only_where_it_fails(world: World) -> None:
    def without_default(epoch: int, *, base_lr: float, step_size: int, gamma: float = 0.3) -> float:
        return base_lr * gamma ** (epoch // step_size)

    default = Schedule(
        settings={"base_lr": 0.5, "step_size": 3}, scheduler=lambda optimizer: StepLR(optimizer, 3), epochs=5
    )
    experiment = compared(staircase=STAIRCASE, default=default)
    right = [picture.name for picture in experiment.judge(solution(), world).pictures]
    wrong = [picture.name for picture in experiment.judge(solution(step_decay=without_default), world).pictures]
    assert right == ["rates-rates", "rates-distance"]
    assert wrong == ["rates-rates", "rates-rates-apart", "rates-distance"]


@pytest.mark.parametrize("rounding", [0.0, 1e-17])
def test_a_cosine_that_misses_zero_by_rounding_is_right(world: World, rounding: float) -> None:
    def nearly(epoch: int, *, base_lr: float, total_epochs: int) -> float:
        done = min(epoch / total_epochs, 1.0)
        return rounding if done == 1.0 else base_lr * (1 + math.cos(math.pi * done)) / 2

    down = Schedule(
        settings={"base_lr": 1.0, "total_epochs": 4},
        scheduler=lambda optimizer: CosineAnnealingLR(optimizer, T_max=4),
        epochs=6,
        ends=(4, 0.0),
    )
    experiment = trace(
        name="waves",
        task="7.3",
        function="cosine_annealing",
        points=2,
        hint="Look at the ends.",
        schedules={"wave": down},
        to_base=True,
    )
    assert experiment.judge(solution(cosine_annealing=nearly), world).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("rate", [math.nan, math.inf, -math.inf, 1e300, 0.0])
def test_rates_that_no_training_bears_are_wrong_and_break_nothing(world: World, rate: float) -> None:
    strange = solution(step_decay=lambda *_, **__: rate)
    under_it = curve(
        name="curve", task="7.1", function="step_decay", points=1, hint="Mend the rates.", schedule=STAIRCASE, steps=2
    )
    assert compared(staircase=STAIRCASE).judge(strange, world).verdict is Verdict.WRONG_ANSWER
    assert under_it.judge(strange, world).verdict is Verdict.WRONG_ANSWER


def test_the_training_under_right_rates_is_pytorchs_and_is_drawn_beside_a_constant_one(world: World) -> None:
    under_it = curve(
        name="curve", task="7.1", function="step_decay", points=1, hint="Mend the rates.", schedule=STAIRCASE, steps=2
    )
    assert under_it.null(solution(), world) <= 1e-4
    found = under_it.judge(solution(), world)
    assert found.verdict is Verdict.ACCEPTED
    names = [series.name for series in found.pictures[-1].series]
    assert names == ["PyTorch", "yours", "lr never changed"]
