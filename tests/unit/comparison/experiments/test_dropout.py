"""The comparison of a dropout: PyTorch under the student's masks, and networks that learn with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from grader.catalog import load_exercise
from grader.comparison.ensemble import Sample
from grader.comparison.experiments.dropout import Scene, backward_curve, backward_parity, forward_parity
from grader.comparison.experiments.dropout_ensemble import ensemble
from grader.comparison.experiments.dropping import masked, pytorchs_forward, under_masks
from grader.comparison.finding import World
from grader.comparison.references import References
from grader.comparison.statistics import strangeness
from grader.domain.verdict import Verdict
from grader.judge.in_the_open import OpenChannel
from grader.judge.reference import load_module
from grader.judge.suite import Solution
from grader.settings import REPOSITORY
from tests.unit.comparison.conftest import Make

pytestmark = pytest.mark.slow

SUITE = REPOSITORY / "grader" / "suites" / "dropout"
SCENES = {
    "A fifth": Scene((0.2, 0.7), steps=9),
    "Nothing": Scene((0.2, 0.0), steps=3),
    "Everything": Scene((0.2, 1.0), steps=3),
    "Twice": Scene((0.3, 0.3), steps=4, seed_lasts=2),
}
FORWARD = forward_parity(name="forward", task="6.1", points=1, hint="Look forward.", scenes=SCENES)
BACKWARD = backward_parity(name="backward", task="6.2", points=1, hint="Look back.", scenes=SCENES)
CURVE = backward_curve(name="curve", task="6.2", points=1, hint="Look back.", p=0.3)
ENSEMBLE = ensemble(name="ensemble", task="6.1", points=1, hint="Look at the mask.", p=0.3)
BLOCK = ENSEMBLE.problems(0)


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return load_module(SUITE / "reference.py")


@pytest.fixture
def made_of(reference: dict[str, Any]) -> Make:
    """Return what makes a solution: the suite's reference, with these functions in the place of its own."""
    exercise = load_exercise(REPOSITORY / "exercises" / "dropout")

    def make(**functions: Any) -> Solution:
        return Solution(OpenChannel({**reference, **functions}), exercise, reference)

    return make


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> References:
    """Return PyTorch's replicates on the first block of problems."""
    return ENSEMBLE.known(World(seed=7, folder=Path(tmp_path_factory.mktemp("references")), version="1"), 0)


def drawing(coins: Callable[[Tensor, torch.Generator], Tensor]) -> Callable[..., Any]:
    """Return a forward pass that keeps an element where its coin, in [0, 1), is at least p."""

    def forward(x: Tensor, p: float, *, training: bool, seed: int) -> Any:
        if not training:
            return x.clone(), torch.ones_like(x, dtype=torch.bool)
        mask = (coins(x, torch.Generator().manual_seed(seed)) >= p).expand(x.shape)
        return masked(x, mask, p), mask

    return forward


# --- parity ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["in_place", "loops", "numpy_inside"])
def test_right_solutions_repeat_pytorchs_run_under_their_own_masks(made_of: Make, world: World, name: str) -> None:
    solution = made_of(**load_module(SUITE / "right" / f"{name}.py"))
    for experiment in (FORWARD, BACKWARD):
        found = experiment.judge(solution, world)
        assert (found.verdict, found.message) == (Verdict.ACCEPTED, "")


def test_a_mask_that_says_another_thing_than_the_output_is_found(made_of: Make, world: World) -> None:
    right = drawing(lambda x, generator: torch.rand(x.shape, generator=generator))

    def forward(x: Tensor, p: float, **settings: Any) -> Any:
        out, mask = right(x, p, **settings)
        return out, mask.roll(1, 0)

    found = FORWARD.judge(made_of(dropout_forward=forward), world)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert found.message.startswith("A fifth: it leaves PyTorch's path at step 1, in layer ")


@pytest.mark.parametrize(("p", "training"), [(0.0, True), (1.0, True), (0.2, False)])
def test_a_mask_is_not_believed_where_chance_has_no_part(made_of: Make, world: World, p: float, training: bool) -> None:
    right = drawing(lambda x, generator: torch.rand(x.shape, generator=generator))

    def forward(x: Tensor, p_given: float, *, training: bool, seed: int) -> Any:
        out, mask = right(x, p_given, training=training, seed=seed)
        return out, ~mask if (p_given, training) == wrong else mask

    wrong = (p, training)
    found = FORWARD.judge(made_of(dropout_forward=forward), world)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert "'s mask" in found.message


def test_the_same_seed_has_to_bring_the_same_mask(made_of: Make, world: World) -> None:
    goes_on = torch.Generator().manual_seed(0)
    forward = drawing(lambda x, _generator: torch.rand(x.shape, generator=goes_on))
    found = FORWARD.judge(made_of(dropout_forward=forward), world)
    assert found.message.startswith("Twice: it leaves PyTorch's path at step 2, in layer ")


def test_a_wrong_pass_costs_the_other_one_nothing(made_of: Make, reference: dict[str, Any], world: World) -> None:
    def unscaled(grad_out: Tensor, mask: Tensor, p: float, *, training: bool) -> Tensor:
        return grad_out * mask if training else grad_out

    def forward(x: Tensor, p: float, **settings: Any) -> Any:
        out, mask = reference["dropout_forward"](x, p, **settings)
        return 2 * out, mask

    found = made_of(dropout_backward=unscaled)
    assert (FORWARD.judge(found, world).verdict, BACKWARD.judge(found, world).verdict) == (
        Verdict.ACCEPTED,
        Verdict.WRONG_ANSWER,
    )
    found = made_of(dropout_forward=forward)
    assert (FORWARD.judge(found, world).verdict, BACKWARD.judge(found, world).verdict) == (
        Verdict.WRONG_ANSWER,
        Verdict.ACCEPTED,
    )


def test_a_scale_in_evaluation_is_found_on_the_way_back(made_of: Make, world: World) -> None:
    def always(grad_out: Tensor, mask: Tensor, p: float, *, training: bool) -> Tensor:
        return masked(grad_out, mask, p)

    found = BACKWARD.judge(made_of(dropout_backward=always), world)
    assert "grad_x in evaluation" in found.message


def test_the_curve_of_a_right_backward_pass_is_pytorchs(made_of: Make, world: World) -> None:
    assert CURVE.null(made_of(), world) < 1e-5
    found = CURVE.judge(made_of(), world)
    assert found.verdict is Verdict.ACCEPTED
    assert [picture.name for picture in found.pictures] == ["curve-loss", "curve-both-modes", "curve-gradient"]


# --- PyTorch's own passes --------------------------------------------------------------------------------------------


def test_pytorchs_forward_pass_follows_its_seed_and_leaves_the_global_generator_alone() -> None:
    x = torch.randn(50, 40, dtype=torch.float64)
    before = torch.get_rng_state()
    out, mask = pytorchs_forward(x, 0.3, training=True, seed=5)
    again = pytorchs_forward(x, 0.3, training=True, seed=5)
    other = pytorchs_forward(x, 0.3, training=True, seed=6)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(mask, again[1])
    assert not torch.equal(mask, other[1])
    assert torch.allclose(out, torch.where(mask, x / 0.7, 0.0))
    assert abs(float(mask.double().mean()) - 0.7) < 0.05


@pytest.mark.parametrize("p", [0.0, 0.2, 1.0])
def test_the_way_back_is_the_one_of_pytorchs_autograd(p: float) -> None:
    x = torch.randn(30, 20, dtype=torch.float64, requires_grad=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        out = functional.dropout(x, p)
    grad_out = torch.randn(30, 20, dtype=torch.float64)
    _, mask = pytorchs_forward(x.detach(), p, training=True, seed=5)
    assert torch.allclose(masked(grad_out, mask, p), torch.autograd.grad(out, x, grad_out)[0], rtol=1e-14)


def test_a_seed_that_comes_back_brings_its_first_mask_back() -> None:
    masks = [torch.tensor([True, False]), torch.tensor([False, True]), torch.tensor([False, False])]
    passes = under_masks(masks)
    x = torch.tensor([3.0, 4.0])
    told = [passes.forward(x, 0.5, training=True, seed=seed)[0].tolist() for seed in (1, 2, 1)]
    assert told == [[6.0, 0.0], [0.0, 8.0], [6.0, 0.0]]
    assert passes.forward(x, 0.5, training=False, seed=3)[0] is x


# --- the ensemble ----------------------------------------------------------------------------------------------------


def sample(solution: Solution, world: World) -> Sample:
    return ENSEMBLE.mine(solution, world, BLOCK, world.draw("ensemble"))


def strange(solution: Solution, world: World, known: References) -> str:
    values = sample(solution, world).values
    return "; ".join(one.words for one in strangeness(values, known.values, ENSEMBLE.statistics))


def test_right_masks_are_nothing_strange(made_of: Make, world: World, known: References) -> None:
    assert strange(made_of(), world, known) == ""


WRONG = {
    "rows": lambda x, draw: torch.rand((len(x), *[1] * (x.dim() - 1)), generator=draw),
    "columns": lambda x, draw: torch.rand((1, *x.shape[1:]), generator=draw),
    "channels": lambda x, draw: torch.rand((*x.shape[:2], 1, 1) if x.dim() == 4 else x.shape, generator=draw),
    "one mask for ever": lambda x, _draw: torch.rand(x.shape, generator=torch.Generator().manual_seed(0)),
    "another rate": lambda x, draw: torch.rand(x.shape, generator=draw) * 1.03,
    "a fixed number": lambda x, draw: torch.randperm(x.numel(), generator=draw).view(x.shape) / x.numel(),
}


@pytest.mark.parametrize("name", WRONG)
def test_masks_that_are_no_coins_are_strange(made_of: Make, world: World, known: References, name: str) -> None:
    assert strange(made_of(dropout_forward=drawing(WRONG[name])), world, known)


def test_a_mask_that_serves_two_batches_in_a_row_is_strange(made_of: Make, world: World, known: References) -> None:
    kept: dict[tuple[int, ...], list[Tensor]] = {}

    def twice(x: Tensor, draw: torch.Generator) -> Tensor:
        waiting = kept.setdefault(tuple(x.shape), [])
        if len(waiting) == 2 * len(BLOCK):
            del waiting[:]
        waiting.append(waiting[-len(BLOCK)] if len(waiting) >= len(BLOCK) else torch.rand(x.shape, generator=draw))
        return waiting[-1]

    assert "likeness" in strange(made_of(dropout_forward=drawing(twice)), world, known)


def test_losses_that_are_no_numbers_are_strange(made_of: Make, world: World, known: References) -> None:
    def forward(x: Tensor, p: float, *, training: bool, seed: int) -> Any:
        return x * float("nan"), torch.ones_like(x, dtype=torch.bool)

    assert "not a number" in strange(made_of(dropout_forward=forward), world, known)


def test_each_run_of_the_ensemble_is_the_one_that_it_would_be_alone(made_of: Make, world: World) -> None:
    whole = drawing(lambda x, _draw: torch.ones(x.shape))  # no coin falls: nothing is left to chance
    solution = made_of(dropout_forward=whole)
    together = ENSEMBLE.mine(solution, world, range(2), world.draw("ensemble")).curves
    alone = ENSEMBLE.mine(solution, world, [1], world.draw("ensemble")).curves
    assert {name: tuple(curve.shape) for name, curve in alone.items()} == {"loss": (1, 60), "evaluation loss": (1, 6)}
    for name, curve in alone.items():
        assert torch.allclose(together[name][1], curve[0], rtol=1e-4)
        assert float(curve[0, -1]) < 0.9 * float(curve[0, 0])
