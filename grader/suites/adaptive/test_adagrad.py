"""Hidden checks of task 3.1, `adagrad_step`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch

from grader.judge.optimizers import (
    MEND_TRAJECTORY_FIRST,
    follow,
    follows_any_gradient_scale,
    keeps_any_shape,
    keeps_its_precision,
    leaves_arguments_alone,
    problem,
    refuses,
)
from grader.judge.suite import Solution, check
from grader.suites.adaptive.twins import ADAGRAD

PARAM = torch.tensor([1.0, -2.0], dtype=torch.float64)
GRADS = [torch.tensor(values, dtype=torch.float64) for values in ([0.5, -4.0], [1.0, 2.0], [-0.25, 1.0])]


@check("adagrad-first-step", task="3.1", points=2, visibility="visible", hint="README, section 'Adagrad'.")
def test_first_step_by_hand(solution: Solution) -> None:
    follow(ADAGRAD, solution, PARAM, GRADS[:1], lr=0.1)


@check("adagrad-sum-of-squares", task="3.1", points=2, visibility="visible", hint="README, section 'Adagrad'.")
def test_sum_of_squares_only_grows(solution: Solution) -> None:
    follow(ADAGRAD, solution, PARAM, GRADS, only=["sum_sq"], lr=0.1)


@check(
    "adagrad-trajectory",
    task="3.1",
    points=3,
    hint="25 steps with the default settings leave PyTorch's path. Are the defaults those of the stub, and is the sum "
    "updated before it divides?",
)
def test_trajectory_with_defaults(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=25)
    follow(ADAGRAD, solution, param, grads)


@check(
    "adagrad-unusual-settings",
    task="3.1",
    points=3,
    hint="25 steps with a large eps and weight decay leave PyTorch's path. Small defaults hide such mistakes: try "
    "eps=0.01 and weight_decay=0.1 yourself.",
)
def test_trajectory_with_unusual_settings(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=25)
    follow(ADAGRAD, solution, param, grads, lr=0.3, eps=1e-2, weight_decay=0.1)


@check(
    "adagrad-learning-rate-change",
    task="3.1",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "The learning rate may change between two calls (a schedule). Use the lr of this call, and keep it out of "
    "the state.",
)
def test_learning_rate_changes_on_the_way(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (5,), steps=8)
    follow(ADAGRAD, solution, param, grads, lrs=[0.1] * 4 + [0.02] * 4)


@check(
    "adagrad-shapes",
    task="3.1",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "Scalars, empty, 3-D and transposed tensors are parameters too, and every element has a sum of its own.",
)
def test_any_shape(solution: Solution, draw: torch.Generator) -> None:
    keeps_any_shape(ADAGRAD, solution, draw)


@check(
    "adagrad-gradient-scale",
    task="3.1",
    points=1,
    hint=MEND_TRAJECTORY_FIRST + "Gradients of size 1e-8 and 1e+8. With tiny gradients it shows where eps is added.",
)
def test_tiny_and_huge_gradients(solution: Solution, draw: torch.Generator) -> None:
    follows_any_gradient_scale(ADAGRAD, solution, draw)


@check(
    "adagrad-eps-placement",
    task="3.1",
    points=1,
    hint="README, section 'Conventions': eps is added after the square root.",
)
def test_eps_is_added_after_the_root(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (4,), steps=2)
    follow(ADAGRAD, solution, param, grads, lr=0.5, eps=0.5)


@check(
    "adagrad-zero-gradient",
    task="3.1",
    points=1,
    hint="Without decay a zero gradient changes nothing, also at the very first step: what is 0 / (0 + eps)?",
)
def test_zero_gradient_changes_nothing(solution: Solution, draw: torch.Generator) -> None:
    param, (grad,) = problem(draw, (4,), steps=1)
    still = torch.zeros_like(param)
    follow(ADAGRAD, solution, param, [still, still])
    follow(ADAGRAD, solution, param, [still], state=[grad**2])


@check(
    "adagrad-weight-decay",
    task="3.1",
    points=1,
    hint="README, section 'Conventions': L2 decay is part of the gradient before anything else sees it, so it also "
    "enters the sum of squares.",
)
def test_weight_decay_is_part_of_the_gradient(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (4,), steps=2)
    follow(ADAGRAD, solution, param, [torch.zeros_like(param)] * 2, lr=0.1, weight_decay=0.5)
    follow(ADAGRAD, solution, param, grads, lr=0.1, weight_decay=0.5)


@check(
    "adagrad-arguments-untouched",
    task="3.1",
    points=1,
    hint="A call changed one of its arguments, or returned an argument's own memory. Operations that end in _ and "
    "operators like += work in place.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    leaves_arguments_alone(ADAGRAD, solution, draw)


@check(
    "adagrad-precision",
    task="3.1",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "float32 in, float32 out; float64 in, float64 all the way. Look for .float(), torch.tensor(0.1) and other "
    "places where float32 slips in.",
)
def test_precision_of_the_input_is_kept(solution: Solution, draw: torch.Generator) -> None:
    keeps_its_precision(ADAGRAD, solution, draw)


@check(
    "adagrad-value-errors",
    task="3.1",
    points=2,
    hint="The stub's docstring lists which hyperparameters are invalid and raise ValueError; lr = 0 is a valid one.",
)
def test_invalid_hyperparameters_are_refused(solution: Solution, draw: torch.Generator) -> None:
    refuses(ADAGRAD, solution, lr=-0.1)
    refuses(ADAGRAD, solution, eps=-0.1)
    refuses(ADAGRAD, solution, weight_decay=-0.1)
    param, grads = problem(draw, (3,), steps=1)
    follow(ADAGRAD, solution, param, grads, only=["param"], lr=0.0)
