"""Same-seed curves: two-sided, with a limit that comes from the worker's own rounding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from grader.comparison.experiments.optimizers import CURVE_STEPS, curve
from grader.comparison.finding import World
from grader.comparison.same_seed import STEPS, SameSeed
from grader.domain.errors import GraderFault
from grader.domain.verdict import Verdict
from grader.suites.momentum.twins import SGD
from tests.unit.comparison.conftest import Make

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def experiment() -> SameSeed:
    return curve(SGD, name="curve", task="2.1", points=2, hint="Look at single steps.", settings={"lr": 0.1})


def scaled(factor: float) -> Any:
    def sgd_step(param: Any, grad: Any, *, lr: float, weight_decay: float = 0.0) -> Any:
        return param - factor * lr * (grad + weight_decay * param)

    return sgd_step


def test_the_null_is_rounding(experiment: SameSeed, made_of: Make, world: World) -> None:
    assert experiment.null(made_of(), world) < 1e-5


@pytest.mark.parametrize(("factor", "side"), [(2.0, "below"), (0.5, "above")])
def test_a_curve_is_refused_on_both_sides(
    factor: float, side: str, experiment: SameSeed, made_of: Make, world: World
) -> None:
    found = experiment.judge(made_of(sgd_step=scaled(factor)), world)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert "leaves PyTorch's at step 2" in found.message and f"it is {side} by" in found.message
    losses, accuracies = found.pictures
    assert [mark.x for mark in losses.marks] == [2]
    assert [len(series.x) for series in losses.series] == [CURVE_STEPS] * 2
    assert all(value is None or 0 <= value <= 1 for series in accuracies.series for value in series.y)


def test_what_happens_after_the_compared_steps_is_drawn_and_not_judged(
    experiment: SameSeed, made_of: Make, world: World
) -> None:
    steps = [0]

    def late(param: Any, grad: Any, *, lr: float, **_: Any) -> Any:
        steps[0] += 1
        # Four parameter tensors are moved at each step.
        return param - (lr if steps[0] <= 4 * STEPS else 2 * lr) * grad

    assert experiment.judge(made_of(sgd_step=late), world).verdict is Verdict.ACCEPTED


def test_a_nan_is_refused(experiment: SameSeed, made_of: Make, world: World) -> None:
    found = experiment.judge(made_of(sgd_step=lambda param, *_, **__: param * torch.nan), world)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert "leaves PyTorch's at step 2: it is not finite." in found.message
    yours = next(series for series in found.pictures[0].series if series.name == "yours")
    assert yours.y[1:] == (None,) * (CURVE_STEPS - 1)


def test_the_limit_grows_with_the_workers_own_null(experiment: SameSeed, made_of: Make, world: World) -> None:
    slightly = made_of(sgd_step=scaled(1.0005))
    assert experiment.judge(slightly, world).verdict is Verdict.WRONG_ANSWER
    coarse = replace(world, null=lambda _name: 1e-3)
    assert experiment.judge(slightly, coarse).verdict is Verdict.ACCEPTED


def test_a_device_that_has_gone_bad_is_no_fault_of_the_students(
    experiment: SameSeed, made_of: Make, world: World
) -> None:
    def sick(name: str) -> float:
        raise GraderFault(f"{name}: the device computes nonsense")

    with pytest.raises(GraderFault, match="the device computes nonsense"):
        experiment.judge(made_of(sgd_step=scaled(2.0)), replace(world, remeasure=sick))


def test_a_right_copy_that_is_too_far_away_is_refused_as_a_device(
    experiment: SameSeed, made_of: Make, world: World
) -> None:
    with pytest.raises(GraderFault, match="which is no rounding"):
        experiment.null(made_of(sgd_step=scaled(1.5)), world)
