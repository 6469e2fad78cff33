"""Hidden checks of task 1.1, `mse_loss`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.gradient_descent.twins import PRECISIONS, follows_mse, normal

# Four elements: with two, the 2 of the derivative and the 1 / 2 of the mean would cancel.
PRED = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)
TARGET = torch.tensor([1.0, 0.0, 3.0, 8.0], dtype=torch.float64)


@check("mse-by-hand", task="1.1", points=3, visibility="visible", hint="README, section 'Mean squared error'.")
def test_loss_and_gradient_by_hand(solution: Solution) -> None:
    follows_mse(solution, PRED, TARGET)


@check(
    "mse-value",
    task="1.1",
    points=2,
    hint="The loss of seven predictions is not the mean of their squared errors. Square each error, then take the "
    "mean; nothing comes after the mean.",
)
def test_loss(solution: Solution, draw: torch.Generator) -> None:
    follows_mse(solution, normal(draw, 7), normal(draw, 7), only=["loss"])


@check(
    "mse-gradient",
    task="1.1",
    points=3,
    hint="Change one prediction by 1e-6 and see by how much the loss changes: that quotient is its gradient. Look at "
    "the factor 2, at the mean, and at the sign.",
)
def test_gradient(solution: Solution, draw: torch.Generator) -> None:
    follows_mse(solution, normal(draw, 7), normal(draw, 7), only=["gradient"])


@check(
    "mse-mean-over-all",
    task="1.1",
    points=2,
    hint="For predictions of shape (5, 3) the mean is over 15 numbers, not over 5 rows.",
)
def test_mean_is_over_all_elements(solution: Solution, draw: torch.Generator) -> None:
    for shape in ((5, 3), (2, 3, 4)):
        follows_mse(solution, normal(draw, *shape), normal(draw, *shape))


@check(
    "mse-shapes",
    task="1.1",
    points=2,
    hint="Scalars, single elements, 3-D, transposed and strided tensors are predictions too.",
)
def test_any_shape(solution: Solution, draw: torch.Generator) -> None:
    for shape in ((), (1,), (1, 1), (2, 3, 2)):
        follows_mse(solution, normal(draw, *shape), normal(draw, *shape))
    follows_mse(solution, normal(draw, 4, 6).t(), normal(draw, 6, 4))
    follows_mse(solution, normal(draw, 6, 4), normal(draw, 4, 6).t())
    follows_mse(solution, normal(draw, 8, 6)[::2, 1::2], normal(draw, 4, 3))


@check(
    "mse-shape-mismatch",
    task="1.1",
    points=1,
    hint="A prediction of shape (4, 1) minus a target of shape (4,) is a table of 16 differences. Compare the shapes "
    "before you subtract.",
)
def test_different_shapes_are_refused(solution: Solution, draw: torch.Generator) -> None:
    for one, other in (((4, 1), (4,)), ((4,), (4, 1)), ((3,), (1,)), ((2, 3), (3,)), ((3,), ())):
        expect.refuses(solution.mse_loss, normal(draw, *one), normal(draw, *other))


@check(
    "mse-precision",
    task="1.1",
    points=1,
    hint="float32 in, float32 out; float64 in, float64 all the way through. Look for .float(), torch.tensor(...) and "
    "dtype=.",
)
def test_precision(solution: Solution, draw: torch.Generator) -> None:
    for dtype, rtol in PRECISIONS:
        follows_mse(solution, normal(draw, 4, 5).to(dtype), normal(draw, 4, 5).to(dtype), rtol=rtol)


@check(
    "mse-arguments-untouched",
    task="1.1",
    points=1,
    hint="The tensors of the caller must be the same after the call, and the gradient must have memory of its own. "
    "Look for -=, *= and method names that end in _.",
)
def test_arguments_are_left_alone(solution: Solution, draw: torch.Generator) -> None:
    expect.untouched(solution.mse_loss, normal(draw, 3, 4), normal(draw, 3, 4))
