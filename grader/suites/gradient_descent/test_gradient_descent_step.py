"""Hidden checks of task 1.3, `gradient_descent_step`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch

from grader.judge import expect
from grader.judge.optimizers import Rule, follow, keeps_its_precision, problem, refuses
from grader.judge.suite import Solution, check

STEP = Rule("gradient_descent_step", torch.optim.SGD, (), ())
PARAM = torch.tensor([1.0, -2.0], dtype=torch.float64)
GRAD = torch.tensor([0.5, -4.0], dtype=torch.float64)


@check(
    "step-by-hand",
    task="1.3",
    points=2,
    visibility="visible",
    hint="README, section 'The gradient, and a step downhill'.",
)
def test_step_by_hand(solution: Solution) -> None:
    follow(STEP, solution, PARAM, [GRAD], lr=0.1)


@check(
    "step-trajectory",
    task="1.3",
    points=2,
    hint="25 steps leave PyTorch's path. A step is lr times the gradient: its length follows the gradient's length, "
    "large or small.",
)
def test_trajectory(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=25)
    follow(STEP, solution, param, grads, lr=0.05)
    for scale in (1e-8, 1e8):
        follow(STEP, solution, param, [grad * scale for grad in grads[:3]], lr=0.05)


@check(
    "step-learning-rates",
    task="1.3",
    points=2,
    hint="The learning rate may change from call to call, and there is no upper limit: 0, 1e-8, 3 and 1e4 are all "
    "valid. Use it as it is.",
)
def test_any_learning_rate(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (5,), steps=6)
    follow(STEP, solution, param, grads, lrs=[0.1, 0.0, 1e-8, 3.0, 1e4, 1.0])


@check(
    "step-shapes",
    task="1.3",
    points=1,
    hint="Scalars, empty, 3-D and transposed tensors are parameters too. You need no loop.",
)
def test_any_shape(solution: Solution, draw: torch.Generator) -> None:
    for shape in ((), (1,), (0,), (2, 3, 2)):
        param, grads = problem(draw, shape, steps=2)
        follow(STEP, solution, param, grads, lr=0.3)
    param, grads = problem(draw, (4, 6), steps=2)
    follow(STEP, solution, param.t(), [grad.t() for grad in grads], lr=0.3)
    follow(STEP, solution, param[::2, 1::2], [grad[::2, 1::2] for grad in grads], lr=0.3)


@check(
    "step-precision",
    task="1.3",
    points=1,
    hint="float64 must stay float64 all the way through: torch.tensor(lr) is float32, a plain Python number takes on "
    "the precision of the tensor that it meets.",
)
def test_precision(solution: Solution, draw: torch.Generator) -> None:
    keeps_its_precision(STEP, solution, draw, lr=0.3)


@check(
    "step-arguments-untouched",
    task="1.3",
    points=1,
    hint="param must be the same after the call, and the result must be a tensor of its own, also for lr=0. Look for "
    "-=, sub_ and add_.",
)
def test_arguments_are_left_alone(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=1)
    for lr in (0.1, 0.0):
        expect.untouched(solution.gradient_descent_step, param, grads[0], lr=lr)


@check(
    "step-value-errors",
    task="1.3",
    points=1,
    hint="A negative lr climbs. The docstring says what to do about it, under Raises.",
)
def test_a_negative_learning_rate_is_refused(solution: Solution) -> None:
    for lr in (-0.1, -1e-12):
        refuses(STEP, solution, lr=lr)
