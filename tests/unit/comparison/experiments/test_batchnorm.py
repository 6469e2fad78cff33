"""The comparison of a batch normalisation: each pass by itself, in training and evaluation, for vectors and images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.catalog import load_exercise
from grader.comparison.experiments.batchnorm import (
    IMAGES,
    VECTORS,
    Scene,
    backward_curve,
    backward_parity,
    forward_curve,
    forward_parity,
)
from grader.comparison.experiments.normalising import PYTORCHS, pytorchs_forward, used, with_students_forward
from grader.comparison.finding import Finding, World
from grader.domain.verdict import Verdict
from grader.judge.in_the_open import OpenChannel
from grader.judge.reference import load_module
from grader.judge.suite import Solution
from grader.settings import REPOSITORY
from tests.unit.comparison.conftest import Make

pytestmark = pytest.mark.slow

UNUSUAL = {"momentum": 0.3, "eps": 0.1}
SCENES = {
    "New layers": Scene(chain=VECTORS, sizes=(16, 5), new=True, steps=9),
    "Small batches": Scene(chain=VECTORS, sizes=(8, 2), settings=(UNUSUAL, UNUSUAL), steps=9),
    "Images": Scene(chain=IMAGES, sizes=(3, 1), settings=(UNUSUAL, UNUSUAL), steps=9),
}
FORWARD = forward_parity(name="forward", task="5.1", points=1, hint="Look forward.", scenes=SCENES)
BACKWARD = backward_parity(name="backward", task="5.2", points=1, hint="Look back.", scenes=SCENES)
FORWARD_CURVE = forward_curve(name="forward-curve", task="5.1", points=1, hint="Look forward.")
BACKWARD_CURVE = backward_curve(name="backward-curve", task="5.2", points=1, hint="Look back.")


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return load_module(REPOSITORY / "grader" / "suites" / "batchnorm" / "reference.py")


@pytest.fixture
def made_of(reference: dict[str, Any]) -> Make:
    """Return what makes a solution: the suite's reference, with these functions in the place of its own."""
    exercise = load_exercise(REPOSITORY / "exercises" / "batchnorm")

    def make(**functions: Any) -> Solution:
        return Solution(OpenChannel({**reference, **functions}), exercise, reference)

    return make


def wrapped(function: Callable[..., Any], change: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that passes its results, arguments and settings through `change`."""
    return lambda *given, **settings: change(function(*given, **settings), *given, **settings)


def verdicts(solution: Solution, world: World) -> tuple[Verdict, Verdict]:
    """Return the verdicts on the two passes."""
    return FORWARD.judge(solution, world).verdict, BACKWARD.judge(solution, world).verdict


def test_a_right_layer_repeats_every_run_in_float64(made_of: Make, world: World) -> None:
    for experiment in (FORWARD, BACKWARD):
        found = experiment.judge(made_of(), world)
        assert (found.verdict, found.message) == (Verdict.ACCEPTED, "")
        distances = next(picture for picture in found.pictures if picture.name.endswith("-distance"))
        assert [series.name for series in distances.series] == list(SCENES)
        assert all(value is not None and value < 1e-11 for series in distances.series for value in series.y)


def test_a_wrong_backward_pass_costs_the_forward_pass_nothing(
    made_of: Make, reference: dict[str, Any], world: World
) -> None:
    def doubled(results: Any, *_given: Any, **_settings: Any) -> Any:
        return tuple(2 * grad for grad in results)

    wrong = made_of(batchnorm_backward=wrapped(reference["batchnorm_backward"], doubled))
    assert verdicts(wrong, world) == (Verdict.ACCEPTED, Verdict.WRONG_ANSWER)


def test_wrong_running_statistics_cost_the_backward_pass_nothing(
    made_of: Make, reference: dict[str, Any], world: World
) -> None:
    def moved(results: Any, *_given: Any, training: bool, **_settings: Any) -> Any:
        out, mean, var, cache = results
        return (out, mean + 0.01, var, cache) if training else results

    wrong = made_of(batchnorm_forward=wrapped(reference["batchnorm_forward"], moved))
    assert verdicts(wrong, world) == (Verdict.WRONG_ANSWER, Verdict.ACCEPTED)


def test_statistics_that_move_in_evaluation_are_found(made_of: Make, reference: dict[str, Any], world: World) -> None:
    def moved(results: Any, *_given: Any, training: bool, **_settings: Any) -> Any:
        out, mean, var, cache = results
        return results if training else (out, mean, 1.01 * var, cache)

    found = FORWARD.judge(made_of(batchnorm_forward=wrapped(reference["batchnorm_forward"], moved)), world)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert "New layers: it leaves PyTorch's path at step 1, in layer " in found.message
    assert "running_var in evaluation" in found.message


def test_a_backward_pass_that_is_right_in_training_alone_is_found(
    made_of: Make, reference: dict[str, Any], world: World
) -> None:
    def backward(grad_out: Tensor, cache: Any) -> Any:
        return reference["batchnorm_backward"](grad_out, {**cache, "training": True})

    found = BACKWARD.judge(made_of(batchnorm_backward=backward), world)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert "in evaluation" in found.message


def test_one_image_is_trained_on_and_a_single_sample_evaluated(made_of: Make, world: World) -> None:
    sizes = set()

    def forward(x: Tensor, *given: Any, training: bool, **settings: Any) -> Any:
        sizes.add((x.dim(), len(x), training))
        results = pytorchs_forward(x, *given, training=training, **settings)
        return *results[:3], None

    assert FORWARD.judge(made_of(batchnorm_forward=forward), world).verdict is Verdict.ACCEPTED
    assert {(4, 1, True), (4, 1, False), (2, 2, True), (2, 1, False)} <= sizes


def test_squares_that_cancel_show_far_from_zero(made_of: Make, reference: dict[str, Any], world: World) -> None:
    scenes = {"Far away": Scene(chain=VECTORS, sizes=(16,), offset=1.5e5, steps=2)}
    far = forward_parity(name="far", task="5.1", points=1, hint="Subtract first.", scenes=scenes)

    def forward(x: Tensor, weight: Tensor, bias: Tensor, mean: Tensor, var: Tensor, **settings: Any) -> Any:
        results = reference["batchnorm_forward"](x, weight, bias, mean, var, **settings)
        if not settings["training"]:
            return results
        spread = x.square().mean(0) - x.mean(0).square()
        out = (x - x.mean(0)) / (spread + 1e-5).sqrt() * weight + bias
        return out, *results[1:]

    assert far.judge(made_of(), world).message == ""
    assert far.judge(made_of(batchnorm_forward=forward), world).verdict is Verdict.WRONG_ANSWER


def test_values_that_are_no_numbers_are_wrong_answers(made_of: Make, world: World) -> None:
    def forward(x: Tensor, _weight: Any, _bias: Any, mean: Tensor, var: Tensor, **_settings: Any) -> Any:
        return x * float("inf"), mean * float("nan"), var - 1e300, None

    def backward(grad_out: Tensor, _cache: Any) -> Any:
        grad = grad_out.flatten(2).sum(-1).sum(0) if grad_out.dim() == 4 else grad_out.sum(0)
        return grad_out * 1e308, grad * float("nan"), grad

    wild = made_of(batchnorm_forward=forward, batchnorm_backward=backward)
    for experiment in (FORWARD, BACKWARD, FORWARD_CURVE, BACKWARD_CURVE):
        found: Finding = experiment.judge(wild, world)
        assert found.verdict is Verdict.WRONG_ANSWER
        assert all(picture.as_data() for picture in found.pictures)


def test_curves_of_the_reference_are_pytorchs_but_for_rounding(made_of: Make, world: World) -> None:
    for experiment in (FORWARD_CURVE, BACKWARD_CURVE):
        assert experiment.null(made_of(), world) < 1e-5
        assert experiment.judge(made_of(), world).verdict is Verdict.ACCEPTED


def test_the_classic_mistake_shows_as_a_gap_between_the_modes(
    made_of: Make, reference: dict[str, Any], world: World
) -> None:
    def forgotten(results: Any, _x: Any, _weight: Any, _bias: Any, mean: Tensor, var: Tensor, **_settings: Any) -> Any:
        return results[0], mean, var, results[3]

    wrong = made_of(batchnorm_forward=wrapped(reference["batchnorm_forward"], forgotten))
    found = FORWARD_CURVE.judge(wrong, world)
    assert found.verdict is Verdict.WRONG_ANSWER
    both = next(picture for picture in found.pictures if picture.name == "forward-curve-both-modes")
    last = {series.name: series.y[-1] or 0.0 for series in both.series}
    assert last["yours"] > 1.1 * last["PyTorch"]
    assert abs(last["yours, in training"] - last["PyTorch's, in training"]) < 1e-4


def test_the_way_back_of_a_students_forward_pass_is_pytorchs(made_of: Make) -> None:
    draw = torch.Generator().manual_seed(3)
    x, grad_out = (torch.randn(6, 4, generator=draw, dtype=torch.float64) for _ in range(2))
    given, settings = (x, *used(4, draw)), {"training": True, "eps": 0.1}
    mine, right = with_students_forward(made_of()), PYTORCHS
    caches = [passes.forward(*given, **settings)[-1] for passes in (mine, right)]
    for got, wanted in zip(mine.backward(grad_out, caches[0]), right.backward(grad_out, caches[1]), strict=True):
        assert torch.equal(got, wanted)
