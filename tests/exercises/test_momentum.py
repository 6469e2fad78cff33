"""What the instructions of `momentum` claim beyond their worked examples is true of the reference."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from math import sqrt
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.judge.reference import load_module
from grader.settings import REPOSITORY

Step = Callable[..., tuple[Tensor, Tensor]]
REFERENCE: dict[str, Any] = load_module(REPOSITORY / "grader" / "suites" / "momentum" / "reference.py")
CURVATURE = torch.tensor([1.0, 4.0, 20.0], dtype=torch.float64)
START = torch.tensor([-9.0, 3.0, 1.5], dtype=torch.float64)


def slope(param: Tensor) -> Tensor:
    """Return the gradient of a quadratic bowl."""
    return CURVATURE * param


def walk(step: Step, steps: int, **settings: float) -> list[Tensor]:
    param, velocity, path = START, torch.zeros_like(START), []
    for _ in range(steps):
        param, velocity = step(param, slope(param), velocity, **settings)
        path.append(param)
    return path


def test_nesterov_stores_the_look_ahead_point_of_sutskevers_form() -> None:
    phi, u = START, torch.zeros_like(START)
    for ahead in walk(REFERENCE["nesterov_step"], 12, lr=0.03, momentum=0.8):
        u = 0.8 * u - 0.03 * slope(phi + 0.8 * u)
        phi = phi + u
        torch.testing.assert_close(ahead, phi + 0.8 * u, rtol=1e-12, atol=1e-12)


def test_average_form_needs_a_larger_learning_rate_for_the_same_path() -> None:
    param, velocity = START, torch.zeros_like(START)
    for heavy in walk(REFERENCE["momentum_step"], 12, lr=0.03, momentum=0.9):
        velocity = 0.9 * velocity + (1 - 0.9) * slope(param)
        param = param - 0.03 / (1 - 0.9) * velocity
        torch.testing.assert_close(heavy, param, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("name", "start"), [("momentum_step", 1.0), ("nesterov_step", 1.9)])
def test_both_kinds_come_to_the_same_effective_learning_rate(name: str, start: float) -> None:
    one, velocity, moved = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64), []
    for _ in range(300):
        param, velocity = REFERENCE[name](torch.zeros_like(one), one, velocity, lr=0.1)
        moved.append(-float(param))
    assert moved[0] == pytest.approx(0.1 * start)
    assert moved[-1] == pytest.approx(0.1 / (1 - 0.9))


@pytest.mark.parametrize(("name", "kept"), [("momentum_step", 1.0), ("nesterov_step", 1 - 0.02 * 4)])
def test_swings_shrink_as_the_instructions_say(name: str, kept: float) -> None:
    """Param and velocity follow a matrix; where it has complex eigenvalues, their size is the factor per step."""
    columns = []
    for param, velocity in ((1.0, 0.0), (0.0, 1.0)):
        given = [torch.tensor([value], dtype=torch.float64) for value in (param, 4.0 * param, velocity)]
        columns.append(torch.cat(REFERENCE[name](*given, lr=0.02, momentum=0.9)))
    eigenvalues = torch.linalg.eigvals(torch.stack(columns, dim=1))
    assert bool(eigenvalues.imag.any())
    assert eigenvalues.abs().tolist() == pytest.approx([sqrt(0.9 * kept)] * 2)


def test_figure_shows_what_its_description_says() -> None:
    path = runpy.run_path(str(REPOSITORY / "exercises" / "momentum" / "figures" / "make_ravine.py"))["walk"]
    none, some, much = ([x for x, _ in path(momentum)] for momentum in (0.0, 0.5, 0.95))
    assert none[25] < -0.5
    assert max(abs(x) for x in some[16:]) < 0.2
    assert max(much) > 5
    assert max(much[60:]) > 1
