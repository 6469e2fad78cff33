"""Hidden checks of task 9.1, `newton_step`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.beyond_gradients.drawn import FLOAT32, FLOAT64, normal, positive_definite, symmetric, uniform


@check("newton-by-hand", task="9.1", points=2, visibility="visible", hint="README, section 'Newton's method'.")
def test_two_parameters_by_hand(solution: Solution) -> None:
    param, grad, hessian = (
        torch.tensor(values, dtype=torch.float64) for values in ([3.0, 3.0], [6.0, 7.0], [[4.0, 1.0], [1.0, 3.0]])
    )
    got = solution.newton_step(param, grad, hessian)
    called = "newton_step([3, 3], [6, 7], [[4, 1], [1, 3]])"
    expect.close(got, torch.tensor([2.0, 1.0], dtype=torch.float64), what=called, rtol=FLOAT64)


@check(
    "newton-solves",
    task="9.1",
    points=2,
    hint="The step must solve hessian @ d = grad, with the whole matrix and nothing added to it.",
)
def test_step_solves_the_system(solution: Solution, draw: torch.Generator) -> None:
    _follows(solution, normal(draw, 6), normal(draw, 6), positive_definite(draw, 6))


@check(
    "newton-quadratic",
    task="9.1",
    points=1,
    hint="On a quadratic loss one undamped step from anywhere must land on the minimum: take the whole step.",
)
def test_one_step_ends_on_the_minimum_of_a_quadratic(solution: Solution, draw: torch.Generator) -> None:
    hessian, start, minimum = positive_definite(draw, 8), normal(draw, 8), normal(draw, 8)
    got = solution.newton_step(start, hessian @ (start - minimum), hessian)
    expect.close(got, minimum, what="one step on a quadratic", rtol=FLOAT64)


@check(
    "newton-damping",
    task="9.1",
    points=2,
    hint="README, section 'Newton's method', on damping: it is added to the diagonal, as it is, and to nothing else.",
)
def test_damping_is_added_to_the_diagonal(solution: Solution, draw: torch.Generator) -> None:
    for damping in (0.5, 30.0, 1e6):
        hessian = positive_definite(draw, 5)
        _follows(solution, normal(draw, 5), normal(draw, 5), hessian, damping=damping)


@check(
    "newton-indefinite",
    task="9.1",
    points=2,
    hint="A Hessian may have negative eigenvalues. Newton's step is still the solution of the system; what needs a "
    "positive definite matrix (Cholesky) cannot find it, and signs stay as they are.",
)
def test_negative_curvature_is_taken_as_it_is(solution: Solution, draw: torch.Generator) -> None:
    eigenvalues = uniform(draw, 0.5, 5.0, 6) * torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
    hessian, start, saddle = symmetric(draw, eigenvalues), normal(draw, 6), normal(draw, 6)
    got = solution.newton_step(start, hessian @ (start - saddle), hessian)
    expect.close(got, saddle, what="one step towards a saddle", rtol=FLOAT64)
    _follows(solution, start, normal(draw, 6), hessian, damping=0.2)


@check(
    "newton-ill-conditioned",
    task="9.1",
    points=2,
    hint="With a condition number of 1e8 the step no longer satisfies hessian @ d = grad as well as it can. Solve the "
    "system (torch.linalg.solve); an inverse, by whatever way, loses digits that a solution keeps.",
)
def test_ill_conditioned_system_is_solved_as_well_as_it_can_be(solution: Solution, draw: torch.Generator) -> None:
    # Solving leaves a residual of about eps * |H| * |d| whatever the condition (measured over 300 systems: 1e-15 at
    # most, and 3e-15 by Gauss-Jordan elimination without pivots). Inverting leaves about condition * eps * |H| * |d|,
    # since grad, made of a step of size 1, is far smaller than |H| * |H^-1| * |grad| allows for (measured: 5e-13 in
    # the luckiest of 300 systems, usually 1e-10 and more). Four systems leave nothing to luck.
    for _ in range(4):
        hessian = symmetric(draw, torch.logspace(0, -8, 8, dtype=torch.float64))
        grad = hessian @ normal(draw, 8)
        step = -solution.newton_step(torch.zeros(8, dtype=torch.float64), grad, hessian)
        residual = float((hessian @ step - grad).abs().max() / step.abs().max())
        assert residual <= 1e-13, f"the residual, relative to |H| |d|: got {residual:.2g}, expected at most 1e-13"


@check(
    "newton-sizes",
    task="9.1",
    points=1,
    hint="One parameter, or thirty: the result has the shape (D,) of param. A transposed Hessian is one too.",
)
def test_any_number_of_parameters(solution: Solution, draw: torch.Generator) -> None:
    for size in (1, 2, 30):
        _follows(solution, normal(draw, size), normal(draw, size), positive_definite(draw, size), damping=0.1)
    wide = positive_definite(draw, 8)[::2, ::2]
    _follows(solution, normal(draw, 4), normal(draw, 8)[::2], wide.T)


@check(
    "newton-precision",
    task="9.1",
    points=1,
    hint="float32 in, float32 out; float64 must be computed in float64 all the way. An identity matrix made without "
    "a dtype is float32.",
)
def test_precision_is_kept(solution: Solution, draw: torch.Generator) -> None:
    for dtype, rtol in ((torch.float32, FLOAT32), (torch.float64, FLOAT64)):
        param, grad, hessian = (
            value.to(dtype) for value in (normal(draw, 5), normal(draw, 5), _well_conditioned(draw))
        )
        _follows(solution, param, grad, hessian, rtol=rtol, damping=0.3)


@check(
    "newton-arguments",
    task="9.1",
    points=1,
    hint="The caller's tensors must be the same after the call: adding the damping in place changes the Hessian.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    for damping in (0.0, 0.5):
        given = normal(draw, 4), normal(draw, 4), positive_definite(draw, 4)
        expect.untouched(solution.newton_step, *given, damping=damping)


@check("newton-errors", task="9.1", points=1, hint="The docstring, under Raises: damping must not be negative.")
def test_negative_damping_is_refused(solution: Solution) -> None:
    ones, hessian = torch.ones(2, dtype=torch.float64), 3 * torch.eye(2, dtype=torch.float64)
    ones = torch.ones(2, dtype=torch.float64)
    for damping in (-1.0, -1e-9):
        expect.refuses(solution.newton_step, ones, ones, hessian, damping=damping)


def _follows(
    solution: Solution,
    param: Tensor,
    grad: Tensor,
    hessian: Tensor,
    *,
    rtol: float = FLOAT64,
    damping: float | None = None,
) -> None:
    """Assert that a step is what solving in float64 gives. With `damping` None the default is left in place."""
    settings = {} if damping is None else {"damping": damping}
    got = solution.newton_step(param, grad, hessian, **settings)
    damped = hessian.double() + (damping or 0.0) * torch.eye(len(param), dtype=torch.float64)
    wanted = param.double() - torch.linalg.solve(damped, grad.double())
    expect.close(got, wanted, what=f"{len(param)} parameters, {settings}", rtol=rtol)


def _well_conditioned(draw: torch.Generator) -> Tensor:
    """Return a Hessian of condition 10 at most."""
    return positive_definite(draw, 5, low=1.0, high=10.0)
