"""Hidden checks of task 9.2, `bfgs_update`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import CARRIED, Solution, Step, check
from grader.suites.beyond_gradients.drawn import FLOAT32, FLOAT64, normal, positive_definite, rotation, uniform


@check("bfgs-by-hand", task="9.2", points=3, visibility="visible", hint="README, section 'BFGS'.")
def test_two_parameters_by_hand(solution: Solution) -> None:
    estimate, step, grad_change = (
        torch.tensor(values, dtype=torch.float64) for values in ([[1.0, 0.0], [0.0, 1.0]], [1.0, 0.0], [2.0, 1.0])
    )
    got = solution.bfgs_update(estimate, step, grad_change)
    wanted = torch.tensor([[0.75, -0.5], [-0.5, 1.0]], dtype=torch.float64)
    expect.close(got, wanted, what="bfgs_update([[1, 0], [0, 1]], [1, 0], [2, 1])", rtol=FLOAT64)


@check(
    "bfgs-formula",
    task="9.2",
    points=4,
    hint="The new estimate is not that of the formula. Both factors are needed, each made with an outer product, and "
    "the old estimate stands between them. There are other updates that satisfy the secant condition.",
)
def test_update_is_that_of_the_formula(solution: Solution, draw: torch.Generator) -> None:
    for size in (1, 2, 7):
        given = _given(draw, size)
        got = solution.bfgs_update(*given)
        expect.close(got, updated(*given), what=f"{size} parameters", rtol=FLOAT64)


@check(
    "bfgs-secant",
    task="9.2",
    points=2,
    hint="README, section 'BFGS': the new estimate times grad_change must give step, exactly that step. If not, look "
    "at which of the two vectors is the column of an outer product, and at the last term.",
)
def test_secant_condition_holds(solution: Solution, draw: torch.Generator) -> None:
    estimate, step, grad_change = _given(draw, 6)
    got = solution.bfgs_update(estimate, step, grad_change)
    expect.close(got @ grad_change, step, what="the new estimate times grad_change", rtol=FLOAT64)


@check(
    "bfgs-positive-definite",
    task="9.2",
    points=2,
    hint="From a symmetric positive definite estimate and step . grad_change > 0, a symmetric positive definite one "
    "must follow: the second factor is the first one transposed.",
)
def test_estimate_stays_symmetric_and_positive_definite(solution: Solution, draw: torch.Generator) -> None:
    # The step lies almost across grad_change, with step . grad_change far below step . H^-1 step: there SR1, which
    # satisfies the secant condition as well, always loses definiteness, and BFGS never does.
    estimate, grad_change = positive_definite(draw, 6), normal(draw, 6)
    along = grad_change / grad_change.dot(grad_change)
    across = normal(draw, 6)
    across = across - across.dot(grad_change) * along
    step = across / across.norm() + 0.02 * along
    got = solution.bfgs_update(estimate, step, grad_change)
    # Two triple products of the same factors in another order differ by a few roundings of the largest element.
    expect.close(got, got.T, what="the new estimate and itself transposed", rtol=FLOAT64)
    # The smallest eigenvalue may be tiny: it is held against the rounding of the largest.
    eigenvalues = torch.linalg.eigvalsh((got + got.T) / 2)
    allowed = -1e-12 * float(eigenvalues.abs().max())
    assert float(eigenvalues[0]) > allowed, f"smallest eigenvalue: got {float(eigenvalues[0]):.3g}, expected above 0"


@check(
    "bfgs-curvature-condition",
    task="9.2",
    points=2,
    hint="README, section 'BFGS', on the curvature condition: where step . grad_change is zero or negative the update "
    "is skipped and the old estimate comes back.",
)
def test_update_is_skipped_without_positive_curvature(solution: Solution, draw: torch.Generator) -> None:
    estimate, step, grad_change = _given(draw, 5)
    expect.identical(solution.bfgs_update(estimate, step, -grad_change), estimate, what="the estimate, skipped")
    still = torch.zeros_like(step)
    expect.identical(solution.bfgs_update(estimate, step, still), estimate, what="the estimate, no change of gradient")
    expect.identical(solution.bfgs_update(estimate, still, grad_change), estimate, what="the estimate, no step")


@check(
    "bfgs-threshold",
    task="9.2",
    points=2,
    hint="The update is skipped when step . grad_change is 1e-10 or less, whatever the lengths of the two vectors, and "
    "made when it is more.",
)
def test_threshold_is_an_absolute_number(solution: Solution, draw: torch.Generator) -> None:
    estimate = positive_definite(draw, 2)
    along = torch.tensor([1.0, 0.0], dtype=torch.float64)
    for curvature in (1e-10, 0.99e-10, 1e-13):  # 1 * curvature + 0 * 0.5 is not rounded
        grad_change = torch.tensor([curvature, 0.5], dtype=torch.float64)
        got = solution.bfgs_update(estimate, along, grad_change)
        expect.identical(got, estimate, what=f"the estimate, step . grad_change = {curvature}")
    for step, grad_change in (
        (along, torch.tensor([1.01e-10, 0.7e-10], dtype=torch.float64)),
        (along, torch.tensor([1e-8, 0.0], dtype=torch.float64)),
        (100 * along, torch.tensor([2e-11, 3.0], dtype=torch.float64)),
    ):
        got = solution.bfgs_update(estimate, step, grad_change)
        wanted = updated(estimate, step, grad_change)
        expect.close(got, wanted, what=f"step {step.tolist()}, grad_change {grad_change.tolist()}", rtol=FLOAT64)


@check(
    "bfgs-walk",
    task="9.2",
    points=3,
    hint="15 updates along conjugate directions of a quadratic must arrive at the true inverse Hessian. Each update "
    "has to build on the estimate that it was given.",
)
def test_fifteen_updates_find_the_inverse_of_a_quadratic(solution: Solution, draw: torch.Generator) -> None:
    # After the k-th of such updates the estimate is exact on the first k changes of the gradient, so after the last it
    # is the inverse. Fifteen updates of condition 40 round to about 15 * 15 * 40 * 1e-16 = 1e-12 (measured: 2e-14).
    size = 15
    hessian = positive_definite(draw, size, low=0.5, high=20.0)
    # hessian = L L^T; with S = L^-T Q and Q orthogonal, S^T hessian S = I: the columns of S are conjugate.
    lower = torch.linalg.cholesky(hessian)
    steps = torch.linalg.solve_triangular(lower.T, rotation(draw, size), upper=True) * uniform(draw, 0.5, 2.0, size)
    changes = hessian @ steps
    calls = [Step((CARRIED, steps[:, k].clone(), changes[:, k].clone()), {}) for k in range(size)]
    walked = solution.bfgs_update.walk((torch.eye(size, dtype=torch.float64),), calls)
    for number, (estimate,) in enumerate(walked, 1):
        known = changes[:, :number]
        what = f"the estimate after update {number}, times the changes so far"
        expect.close(estimate @ known, steps[:, :number], what=what, rtol=FLOAT64)
    expect.close(walked[-1][0], torch.linalg.inv(hessian), what="the estimate after the last update", rtol=FLOAT64)


@check(
    "bfgs-precision",
    task="9.2",
    points=1,
    hint="float32 in, float32 out; float64 must be computed in float64 all the way. An identity matrix made without "
    "a dtype is float32.",
)
def test_precision_is_kept(solution: Solution, draw: torch.Generator) -> None:
    for dtype, rtol in ((torch.float32, FLOAT32), (torch.float64, FLOAT64)):
        given = [value.to(dtype) for value in _given(draw, 4, low=1.0, high=5.0)]
        wanted = updated(*(value.double() for value in given))
        expect.close(solution.bfgs_update(*given), wanted, what=f"an update in {dtype}", rtol=rtol)


@check(
    "bfgs-arguments",
    task="9.2",
    points=1,
    hint="Return a new matrix: the caller's estimate, step and grad_change must be the same after the call.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    estimate, step, grad_change = _given(draw, 4)
    expect.untouched(solution.bfgs_update, estimate, step, grad_change)
    expect.untouched(solution.bfgs_update, estimate, step, -grad_change, may_share=("inverse_hessian",))


def updated(estimate: Tensor, step: Tensor, grad_change: Tensor) -> Tensor:
    """Return the estimate after the BFGS update, multiplied out: another way than the formula's two factors."""
    rho = 1 / step.dot(grad_change)
    turned = estimate @ grad_change
    mixed = step.outer(turned)
    return estimate - rho * (mixed + mixed.T) + rho * (1 + rho * grad_change.dot(turned)) * step.outer(step)


def _given(draw: torch.Generator, size: int, *, low: float = 0.5, high: float = 10.0) -> tuple[Tensor, Tensor, Tensor]:
    """Return an estimate, a step, and the gradient's change of a quadratic whose Hessian is another matrix."""
    step = normal(draw, size)
    step = step / step.norm() * (0.5 + abs(step[0]))
    return (
        positive_definite(draw, size, low=low, high=high),
        step,
        positive_definite(draw, size, low=low, high=high) @ step,
    )
