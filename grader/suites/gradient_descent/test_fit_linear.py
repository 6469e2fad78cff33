"""Hidden checks of task 1.6, `fit_linear`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.optimizers import MEND_TRAJECTORY_FIRST
from grader.judge.suite import Solution, check
from grader.suites.gradient_descent.twins import PRECISIONS, follows_fit, normal

X = torch.tensor([[0.0], [1.0], [2.0], [3.0]], dtype=torch.float64)
Y = torch.tensor([1.0, 3.0, 5.0, 7.0], dtype=torch.float64)


def data(draw: torch.Generator, num_samples: int, num_features: int) -> tuple[Tensor, Tensor]:
    """Return inputs and values that a line fits nearly."""
    x = normal(draw, num_samples, num_features)
    return x, x @ normal(draw, num_features) + 2.0 + 0.1 * normal(draw, num_samples)


def curvature(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the inputs with a column of ones, for the bias, and the matrix of second derivatives of the loss."""
    inputs = torch.cat([x, x.new_ones(len(x), 1)], dim=1)
    return inputs, 2 / len(x) * inputs.t() @ inputs


def largest(hessian: Tensor) -> float:
    """Return the largest curvature: learning rates above 2 / L diverge."""
    return float(torch.linalg.eigvalsh(hessian)[-1])


@check("fit-by-hand", task="1.6", points=3, visibility="visible", hint="README, section 'Worked by hand'.")
def test_two_steps_by_hand(solution: Solution) -> None:
    follows_fit(solution, X, Y, lr=0.1, num_steps=2)


@check(
    "fit-first-step",
    task="1.6",
    points=2,
    hint="One step from zero weight and zero bias. The gradient of the weight is the transposed x times the gradient "
    "of the predictions, that of the bias is the sum of the latter.",
)
def test_first_step(solution: Solution, draw: torch.Generator) -> None:
    follows_fit(solution, *data(draw, 7, 3), lr=0.1, num_steps=1)


@check(
    "fit-trajectory",
    task="1.6",
    points=4,
    hint="25 steps leave PyTorch's path. Take all gradients at the same point, from all samples, and only then move "
    "weight and bias.",
)
def test_trajectory(solution: Solution, draw: torch.Generator) -> None:
    x, y = data(draw, 12, 3)
    lr = 0.9 / largest(curvature(x)[1])
    follows_fit(solution, x, y, lr=lr, num_steps=25, only=["weight", "bias"])


@check(
    "fit-losses",
    task="1.6",
    points=3,
    hint="losses[k] is the loss before step k: losses[0] belongs to zero weight and bias, and the loss after the last "
    "step is in none of them.",
)
def test_losses_are_measured_before_each_step(solution: Solution, draw: torch.Generator) -> None:
    x, y = data(draw, 9, 2)
    for lr in (0.01, 0.9 / largest(curvature(x)[1])):
        follows_fit(solution, x, y, lr=lr, num_steps=10, only=["losses"])


@check(
    "fit-zero-steps",
    task="1.6",
    points=1,
    hint="num_steps=0 returns zeros and an empty tensor of losses; lr=0 stays at zero and measures the same loss again "
    "and again.",
)
def test_no_steps_and_steps_of_no_length(solution: Solution, draw: torch.Generator) -> None:
    x, y = data(draw, 6, 2)
    follows_fit(solution, x, y, lr=0.1, num_steps=0)
    follows_fit(solution, x, y, lr=0.0, num_steps=3)


@check(
    "fit-converges",
    task="1.6",
    points=2,
    hint=MEND_TRAJECTORY_FIRST
    + "300 steps at a good learning rate do not end where gradient descent ends. Take exactly "
    "num_steps steps of the same length, also when the loss hardly changes any more.",
)
def test_many_steps_end_where_the_formula_says(solution: Solution, draw: torch.Generator) -> None:
    x, y = data(draw, 30, 3)
    inputs, hessian = curvature(x)
    values, vectors = torch.linalg.eigh(hessian)
    best = torch.linalg.lstsq(inputs, y.unsqueeze(1)).solution.squeeze(1)
    for share, num_steps in ((1.0, 300), (0.02, 150)):
        # From zero, each step multiplies the distance to the best point by 1 - lr * curvature, along each eigenvector.
        # Rounding does not grow on the way: an error shrinks by the same factors.
        lr = share / float(values[-1])
        left = vectors @ ((1 - lr * values) ** num_steps * (vectors.t() @ best))
        weight, bias, _ = solution.fit_linear(x, y, lr=lr, num_steps=num_steps)
        expect.close(torch.cat([weight, bias.reshape(1)]), best - left, what=f"weight and bias after {num_steps} steps")


@check(
    "fit-diverges",
    task="1.6",
    points=1,
    hint=MEND_TRAJECTORY_FIRST + "A learning rate above 2 / L makes the loss grow from step to step. Show it as it is: "
    "same lr at every step, no clipping, the last weight and not the best one.",
)
def test_too_large_a_learning_rate_diverges(solution: Solution, draw: torch.Generator) -> None:
    x, y = data(draw, 10, 2)
    follows_fit(solution, x, y, lr=3 / largest(curvature(x)[1]), num_steps=12)


@check(
    "fit-shapes",
    task="1.6",
    points=1,
    hint=MEND_TRAJECTORY_FIRST + "One feature, one sample, more features than samples, a transposed x. Mind that a "
    "prediction of shape (N, 1) minus y of shape (N,) is a table.",
)
def test_any_shape(solution: Solution, draw: torch.Generator) -> None:
    for num_samples, num_features in ((5, 1), (1, 3), (1, 1), (3, 6)):
        follows_fit(solution, *data(draw, num_samples, num_features), lr=0.02, num_steps=3)
    follows_fit(solution, normal(draw, 3, 5).t(), normal(draw, 10)[::2], lr=0.02, num_steps=3)


@check(
    "fit-precision",
    task="1.6",
    points=1,
    hint="float32 in, float32 out; float64 in, float64 all the way through, the losses too. torch.zeros and "
    "torch.tensor make float32 unless they are told otherwise.",
)
def test_precision(solution: Solution, draw: torch.Generator) -> None:
    for dtype, rtol in PRECISIONS:
        x, y = data(draw, 8, 2)
        # A bias near zero is a sum of terms of the size of y that cancel: it is held to their size, not to its own.
        atol = rtol * float(y.abs().max())
        follows_fit(solution, x.to(dtype), y.to(dtype), lr=0.05, num_steps=4, rtol=rtol, atol=atol)


@check(
    "fit-arguments-untouched",
    task="1.6",
    points=1,
    hint="x and y must be the same after the call. Look for -= and for method names that end in _: y -= y.mean() "
    "changes the caller's y.",
)
def test_arguments_are_left_alone(solution: Solution, draw: torch.Generator) -> None:
    x, y = data(draw, 6, 2)
    expect.untouched(solution.fit_linear, x, y, lr=0.05, num_steps=3)


@check(
    "fit-value-errors",
    task="1.6",
    points=1,
    hint="A negative lr climbs, and a negative number of steps is none. The docstring says what to do about them, "
    "under Raises.",
)
def test_invalid_settings_are_refused(solution: Solution) -> None:
    expect.refuses(solution.fit_linear, X, Y, lr=-0.1, num_steps=3)
    expect.refuses(solution.fit_linear, X, Y, lr=-0.1, num_steps=0)
    expect.refuses(solution.fit_linear, X, Y, lr=0.1, num_steps=-1)
