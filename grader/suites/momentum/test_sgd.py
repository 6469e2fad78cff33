"""Hidden checks of task 2.1, `sgd_step`.

Tolerances are those of `grader.judge.optimizers`: a step of SGD rounds 3 to 6 times, fewer than they allow for.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch

from grader.judge.optimizers import (
    MEND_TRAJECTORY_FIRST,
    follow,
    keeps_any_shape,
    keeps_its_precision,
    leaves_arguments_alone,
    problem,
    refuses,
)
from grader.judge.suite import Solution, check
from grader.suites.momentum.twins import SGD, takes

PARAM = torch.tensor([1.0, -2.0], dtype=torch.float64)
GRADS = [torch.tensor(values, dtype=torch.float64) for values in ([0.5, -4.0], [1.0, 2.0], [-0.25, 1.0])]


@check("sgd-first-step", task="2.1", points=3, visibility="visible", hint="README, section 'Gradient descent'.")
def test_first_step_by_hand(solution: Solution) -> None:
    follow(SGD, solution, PARAM, GRADS[:1], lr=0.1)


@check(
    "sgd-trajectory",
    task="2.1",
    points=5,
    hint="25 steps with a learning rate that changes half-way leave PyTorch's path. Is the step lr * grad, with the lr "
    "of this call, and is the new parameter what you return?",
)
def test_trajectory(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=25)
    follow(SGD, solution, param, grads, lrs=[0.1] * 12 + [0.03] * 13)


@check(
    "sgd-weight-decay",
    task="2.1",
    points=4,
    hint="README, section 'Weight decay': L2 decay is part of the gradient, with the parameter from before the step, "
    "so lr multiplies it as well. Check sign, factor and order.",
)
def test_weight_decay_is_part_of_the_gradient(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=5)
    follow(SGD, solution, param, grads, lr=0.3, weight_decay=0.5)
    follow(SGD, solution, param, grads, lr=0.02, weight_decay=2.0)


@check(
    "sgd-zero-gradient",
    task="2.1",
    points=2,
    hint="A zero gradient changes nothing without weight decay. With it the parameter still shrinks.",
)
def test_zero_gradient(solution: Solution, draw: torch.Generator) -> None:
    param, _ = problem(draw, (4,), steps=0)
    still = torch.zeros_like(param)
    follow(SGD, solution, param, [still, still], lr=0.1)
    follow(SGD, solution, param, [still, still], lr=0.1, weight_decay=0.5)


@check(
    "sgd-shapes",
    task="2.1",
    points=1,
    hint=MEND_TRAJECTORY_FIRST + "Scalars, empty, 3-D and transposed tensors are parameters too.",
)
def test_any_shape(solution: Solution, draw: torch.Generator) -> None:
    keeps_any_shape(SGD, solution, draw, lr=0.1)


@check(
    "sgd-gradient-scale",
    task="2.1",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "Gradients of size 1e-8 and 1e+8. A step is proportional to its gradient: nothing is cut off, nothing is "
    "normalised.",
)
def test_tiny_and_huge_gradients(solution: Solution, draw: torch.Generator) -> None:
    _, grads = problem(draw, (3, 4), steps=3)
    for scale in (1e-8, 1e8):  # from zero, so that the parameter is nothing but the steps
        follow(SGD, solution, torch.zeros_like(grads[0]), [grad * scale for grad in grads], lr=0.1)


@check(
    "sgd-arguments-untouched",
    task="2.1",
    points=1,
    hint="A call changed one of its arguments, or returned an argument's own memory. Operations that end in _ and "
    "operators like -= work in place.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    leaves_arguments_alone(SGD, solution, draw, lr=0.1)


@check(
    "sgd-precision",
    task="2.1",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "float32 in, float32 out; float64 in, float64 all the way. Look for .float(), torch.tensor(0.1) and other "
    "places where float32 slips in.",
)
def test_precision_of_the_input_is_kept(solution: Solution, draw: torch.Generator) -> None:
    keeps_its_precision(SGD, solution, draw, lr=0.1, weight_decay=0.1)


@check(
    "sgd-value-errors",
    task="2.1",
    points=2,
    hint="The stub's docstring lists which hyperparameters are invalid and raise ValueError; lr = 0 is a valid one.",
)
def test_invalid_hyperparameters_are_refused(solution: Solution, draw: torch.Generator) -> None:
    refuses(SGD, solution, lr=-0.1)
    refuses(SGD, solution, lr=0.1, weight_decay=-0.1)
    param, grads = problem(draw, (3,), steps=1)
    takes(SGD, solution, param, grads, lr=0.0)
