"""Step parity: right steps in any order of operations are accepted, wrong ones are named with their place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from grader.comparison.experiments.optimizers import parity
from grader.comparison.finding import Suspect, World
from grader.comparison.parity import Parity
from grader.comparison.problems import RAVINE
from grader.domain.errors import GraderFault
from grader.domain.verdict import Verdict
from grader.judge.diagnosis import Bank
from grader.judge.faults import SolutionFault
from grader.suites.momentum.twins import MOMENTUM
from tests.unit.comparison.conftest import Make

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def experiment() -> Parity:
    return parity(
        MOMENTUM,
        name="parity",
        task="2.2",
        points=6,
        hint="Look at the velocity.",
        plain={"lr": 0.05},
        unusual={"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1},
        valley=RAVINE,
        valley_settings={"lr": 0.03},
    )


def right(param: Any, grad: Any, velocity: Any, *, lr: float, momentum: float = 0.9, weight_decay: float = 0.0) -> Any:
    velocity = momentum * velocity + (grad + weight_decay * param)
    return param - lr * velocity, velocity


def test_reordered_arithmetic_is_accepted_without_a_remark(experiment: Parity, made_of: Make, world: World) -> None:
    def reordered(
        param: Any, grad: Any, velocity: Any, *, lr: Any, momentum: Any = 0.9, weight_decay: Any = 0.0
    ) -> Any:
        velocity = weight_decay * param + velocity * momentum + grad
        return -(lr * velocity - param), velocity

    found = experiment.judge(made_of(momentum_step=reordered), world)
    assert (found.verdict, found.message) == (Verdict.ACCEPTED, "")
    distances = next(picture for picture in found.pictures if picture.name == "parity-distance")
    assert all(value is not None and value <= 1e-12 for series in distances.series for value in series.y)


def test_float32_inside_is_accepted_with_a_remark(experiment: Parity, made_of: Make, world: World) -> None:
    def single(param: Any, grad: Any, velocity: Any, **settings: Any) -> Any:
        moved = right(param.float(), grad.float(), velocity.float(), **settings)
        return tuple(part.double() for part in moved)

    # One network and few steps: rounding in float32 adds up, and beyond 1e-6 nobody could tell it from a mistake.
    first = {words: experiment.cases[words] for words in list(experiment.cases)[:1]}
    found = replace(experiment, cases=first).judge(made_of(momentum_step=single), world)
    assert found.verdict is Verdict.ACCEPTED
    assert "works in float32 inside" in found.message


def test_a_wrong_step_is_named_with_step_tensor_and_distance(experiment: Parity, made_of: Make, world: World) -> None:
    def damped(param: Any, grad: Any, velocity: Any, *, lr: Any, momentum: Any = 0.9, weight_decay: Any = 0.0) -> Any:
        return right(param, grad, velocity, lr=lr, momentum=momentum * 0.99, weight_decay=weight_decay)

    found = experiment.judge(made_of(momentum_step=damped), world)
    assert found.verdict is Verdict.WRONG_ANSWER
    first, *_, hint = found.message.split("\n")
    # The velocity starts at zero, so the first step is right whatever the momentum.
    assert first.startswith("A tanh network, lr changed after step 12: it leaves PyTorch's path at step 2, in ")
    assert "relative distance" in first
    assert hint == "Look at the velocity."
    (mark,) = next(picture for picture in found.pictures if picture.name == "parity-distance").marks
    assert mark.x == 2


def test_a_nan_is_told_as_such(experiment: Parity, made_of: Make, world: World) -> None:
    def nan(param: Any, _grad: Any, velocity: Any, **_: Any) -> Any:
        return param * torch.nan, velocity

    found = experiment.judge(made_of(momentum_step=nan), world)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert "at step 1" in found.message and "it is not finite" in found.message


def test_a_mistake_that_shows_only_when_lr_changes_is_found(experiment: Parity, made_of: Make, world: World) -> None:
    def lr_in_velocity(
        param: Any, grad: Any, velocity: Any, *, lr: Any, momentum: Any = 0.9, weight_decay: Any = 0.0
    ) -> Any:
        velocity = momentum * velocity + lr * (grad + weight_decay * param)
        return param - velocity, velocity

    found = experiment.judge(made_of(momentum_step=lr_in_velocity), world)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert "lr changed after step 12: it leaves PyTorch's path at step 13" in found.message


def test_what_a_solution_does_wrong_is_a_fault_of_its_own(experiment: Parity, made_of: Make, world: World) -> None:
    with pytest.raises(SolutionFault, match="expected 2 tensors"):
        experiment.judge(made_of(momentum_step=lambda param, *_, **__: param), world)


def suspects_of(bank: Bank, world: World) -> World:
    return replace(world, suspects=lambda function: (Suspect(*found) for found in bank.suspects(function)))


def test_a_known_mistake_is_told_by_repeating_the_run(
    experiment: Parity, made_of: Make, world: World, bank: Bank
) -> None:
    def average(param: Any, grad: Any, velocity: Any, *, lr: Any, momentum: Any = 0.9, weight_decay: Any = 0.0) -> Any:
        velocity = momentum * velocity + (1 - momentum) * (grad + weight_decay * param)
        return param - lr * velocity, velocity

    found = experiment.judge(made_of(momentum_step=average), suspects_of(bank, world))
    assert [one.name for one in found.misconceptions] == ["momentum_dampened"]
    assert "one makes the very same run" in found.message


def test_an_unknown_mistake_is_said_to_be_none_of_the_known(
    experiment: Parity, made_of: Make, world: World, bank: Bank
) -> None:
    def odd(param: Any, grad: Any, velocity: Any, **settings: Any) -> Any:
        moved, velocity = right(param, grad, velocity, **settings)
        return moved * 1.001, velocity

    found = experiment.judge(made_of(momentum_step=odd), suspects_of(bank, world))
    assert not found.misconceptions
    assert "yours is none of them" in found.message


def test_known_mistakes_are_told_as_themselves_among_others(experiment: Parity, world: World, bank: Bank) -> None:
    first = replace(experiment, cases=dict(list(experiment.cases.items())[:1]))
    told = 0
    for misconception, solution in list(bank.suspects("momentum_step"))[:6]:
        found = first.judge(solution, suspects_of(bank, world))
        if found.verdict is Verdict.WRONG_ANSWER:
            assert misconception.name in [one.name for one in found.misconceptions]
            told += 1
    assert told >= 3


def test_the_same_seed_gives_the_same_finding_and_another_one_another_problem(
    experiment: Parity, made_of: Make, world: World
) -> None:
    def odd(param: Any, grad: Any, velocity: Any, **settings: Any) -> Any:
        moved, velocity = right(param, grad, velocity, **settings)
        return moved * 1.001, velocity

    one, again, other = (
        experiment.judge(made_of(momentum_step=odd), replace(world, seed=seed)).pictures for seed in (1, 1, 2)
    )
    assert one == again
    assert one != other


def test_a_reference_that_is_not_pytorchs_refuses_to_judge(experiment: Parity, made_of: Make, world: World) -> None:
    experiment.null(made_of(), world)
    wrong = made_of(momentum_step=lambda param, grad, velocity, *, lr, **_: (param - lr * grad, velocity))
    with pytest.raises(GraderFault, match="the suite's own reference is"):
        experiment.null(wrong, world)


def test_pictures_are_left_out_where_nobody_looks(experiment: Parity, made_of: Make, world: World) -> None:
    quiet = replace(world, with_pictures=False)
    assert not experiment.judge(made_of(), quiet).pictures
    assert not experiment.judge(made_of(momentum_step=lambda p, _g, v, **_: (p, v)), quiet).pictures
