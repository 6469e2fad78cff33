"""Newton's method and BFGS: the judge's own ways down, and what of a solution's is accepted and what is told."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from grader.comparison.experiments.curvature import (
    ARRIVED,
    Walk,
    bfgs,
    newton,
    newtons_way,
    quasi_newton,
    solved,
    textbook,
)
from grader.comparison.experiments.landscapes import bowl, rosenbrock, two_hollows, waves
from grader.comparison.parity import Parity
from grader.domain.picture import Role
from grader.domain.verdict import Verdict
from tests.unit.comparison.experiments.beyond_gradients import WORLD, made_of, told

pytestmark = pytest.mark.slow

WINDOW = ((-1.8, 1.8), (-3.6, 2.4))


@pytest.fixture
def newtons() -> Parity:
    return newton(
        name="n",
        task="9.1",
        points=1,
        hint="Look.",
        walks={
            "A valley": Walk(landscape=lambda _draw: rosenbrock(), steps=6, window=WINDOW),
            "Damped": Walk(landscape=lambda draw: bowl(draw, (0.1, 1.0, 10.0)), steps=4, damping=0.5),
            "A ridge": Walk(landscape=lambda _draw: two_hollows((0.62, 0.3)), steps=4),
        },
        narrow=Walk(landscape=lambda draw: bowl(draw, (1e-10,) * 6 + (1e2,) * 6), steps=1),
    )


@pytest.fixture
def updates() -> Parity:
    return bfgs(
        name="b",
        task="9.2",
        points=1,
        hint="Look.",
        walks={
            "A valley": Walk(landscape=lambda _draw: rosenbrock(), steps=12, window=WINDOW),
            "Waves": Walk(landscape=lambda _draw: waves(), steps=8),
        },
    )


def test_one_undamped_step_ends_at_the_minimum_of_a_bowl() -> None:
    landscape = bowl(torch.Generator().manual_seed(1), (0.1, 1.0, 10.0))
    run = newtons_way(landscape, 1, solved(0.0))
    assert run.curves["slope"][1] < 1e-12 * run.curves["slope"][0]


def test_a_way_ends_where_a_point_is_not_finite() -> None:
    run = newtons_way(rosenbrock(), 5, lambda point, _grad, _hessian: point / 0)
    assert len(run.states) == 1


def test_the_textbook_update_agrees_with_the_step_and_is_skipped_without_curvature() -> None:
    estimate = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
    step, change = torch.tensor([[1.0, -0.5], [1.5, 0.4]], dtype=torch.float64)
    assert torch.allclose(textbook(estimate, step, change) @ change, step, rtol=1e-14)
    assert textbook(estimate, step, -change) is estimate
    flat = torch.tensor([1e-10, 1.0], dtype=torch.float64)
    assert textbook(estimate, torch.tensor([1.0, 0.0], dtype=torch.float64), flat) is estimate


def test_an_estimate_of_the_curvature_saves_most_of_the_steps() -> None:
    learned = quasi_newton(rosenbrock(), textbook, compared=5, steps=150)
    plain = quasi_newton(rosenbrock(), lambda estimate, *_: estimate, compared=5, steps=150)
    assert learned.curves["slope"][-1] < ARRIVED <= plain.curves["slope"][-1]
    assert len(learned.states) == 5
    assert len(plain.curves["loss"]) == 151


def test_the_loss_never_rises_under_the_line_search() -> None:
    losses = quasi_newton(waves(), textbook, compared=0, steps=40).curves["loss"]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("wrong", [lambda estimate, *_: -estimate, lambda estimate, *_: estimate * float("nan")])
def test_a_search_ends_where_a_direction_leads_nowhere_down(wrong: object) -> None:
    run = quasi_newton(rosenbrock(), wrong, compared=10, steps=40)  # type: ignore[arg-type]
    assert len(run.states) == 1


def test_the_waves_show_negative_curvature_after_the_first_updates() -> None:
    shown: list[bool] = []

    def looked_at(estimate: Tensor, step: Tensor, change: Tensor) -> Tensor:
        shown.append(float(step @ change) > 0)
        return textbook(estimate, step, change)

    quasi_newton(waves(), looked_at, compared=0, steps=8)
    assert shown[0]
    assert not all(shown)


def test_other_ways_of_solving_and_of_updating_are_accepted(newtons: Parity, updates: Parity) -> None:
    def by_factors(param: Tensor, grad: Tensor, hessian: Tensor, *, damping: float = 0.0) -> Tensor:
        damped = hessian + damping * torch.eye(len(param), dtype=param.dtype)
        return param - torch.linalg.lu_solve(*torch.linalg.lu_factor(damped), grad.unsqueeze(1)).squeeze(1)

    def expanded(estimate: Tensor, step: Tensor, change: Tensor) -> Tensor:
        curvature = float(step @ change)
        if curvature <= 1e-10:
            return estimate
        turned = estimate @ change
        mixed = step.outer(turned) + turned.outer(step)
        return estimate - mixed / curvature + (1 + change @ turned / curvature) * step.outer(step) / curvature

    for experiment in (newtons, updates):
        found = experiment.judge(made_of(newton_step=by_factors, bfgs_update=expanded), WORLD)
        assert (found.verdict, found.message) == (Verdict.ACCEPTED, "")


def test_the_suites_reference_is_the_twins(newtons: Parity, updates: Parity) -> None:
    newtons.null(made_of(), WORLD)
    updates.null(made_of(), WORLD)


def test_a_wrong_step_is_told_where_it_first_shows(newtons: Parity, updates: Parity) -> None:
    def ignores_damping(param: Tensor, grad: Tensor, hessian: Tensor, *, damping: float = 0.0) -> Tensor:
        return param - torch.linalg.solve(hessian, grad)

    def forgets_when_skipping(estimate: Tensor, step: Tensor, change: Tensor) -> Tensor:
        return textbook(estimate if step @ change > 1e-10 else torch.eye(len(step)).double(), step, change)

    message, likely = told(newtons, newton_step=ignores_damping)
    assert message.startswith("Damped: it leaves PyTorch's path at step 1, in the point")
    assert likely == ["newton_damping_ignored"]
    message, likely = told(updates, bfgs_update=forgets_when_skipping)
    assert message.startswith("Waves: it leaves PyTorch's path at step 5, in the estimate")
    assert likely == ["bfgs_resets_when_skipping"]


def test_an_inverse_leaves_more_of_the_slope_than_a_solved_system(newtons: Parity) -> None:
    def inverts(param: Tensor, grad: Tensor, hessian: Tensor, *, damping: float = 0.0) -> Tensor:
        damped = hessian + damping * torch.eye(len(param), dtype=param.dtype)
        return param - torch.linalg.inv(damped) @ grad

    message, _ = told(newtons, newton_step=inverts)
    assert "in the slope that is left" in message


def test_a_walk_with_a_window_is_drawn_beside_gradient_descent(newtons: Parity) -> None:
    path, losses, apart = newtons.judge(made_of(), WORLD).pictures
    assert path.surface is not None
    assert [series.role for series in path.series] == [Role.REFERENCE, Role.YOURS, Role.OTHER]
    assert "Steps to the minimum: 5 (yours), 5 (PyTorch's), more than 150" in losses.caption
    assert len(apart.series) == 4


def test_a_path_that_leaves_all_bounds_can_be_drawn(newtons: Parity, updates: Parity) -> None:
    solution = made_of(newton_step=lambda param, *_, **__: param * 1e200, bfgs_update=lambda old, *_: old * 1e200)
    for experiment in (newtons, updates):
        found = experiment.judge(solution, WORLD)
        assert found.verdict is Verdict.WRONG_ANSWER
        assert all(picture.as_data() for picture in found.pictures)
