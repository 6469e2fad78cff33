"""Hidden checks of task 2.3, `nesterov_step`.

Tolerances are those of `grader.judge.optimizers`: a step of Nesterov's rounds 8 times, fewer than they allow for.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch

from grader.judge import expect
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
from grader.suites.momentum.twins import NESTEROV, takes

PARAM = torch.tensor([1.0, -2.0], dtype=torch.float64)
GRADS = [torch.tensor(values, dtype=torch.float64) for values in ([0.5, -4.0], [1.0, 2.0], [-0.25, 1.0])]


@check("nesterov-first-step", task="2.3", points=4, visibility="visible", hint="README, section 'Nesterov'.")
def test_first_step_by_hand(solution: Solution) -> None:
    follow(NESTEROV, solution, PARAM, GRADS[:1], lr=0.1)


@check(
    "nesterov-two-steps",
    task="2.3",
    points=4,
    visibility="visible",
    hint="README, sections 'Nesterov' and 'Worked by hand'. The velocity is that of momentum_step; only the direction "
    "of the step is another.",
)
def test_two_steps_by_hand(solution: Solution) -> None:
    follow(NESTEROV, solution, PARAM, GRADS[:2], lr=0.1, momentum=0.5)


@check(
    "nesterov-trajectory",
    task="2.3",
    points=6,
    hint="25 steps with the default momentum leave PyTorch's path. The first step can look right by chance: compute "
    "steps 2 and 3 by hand as in the README's worked example.",
)
def test_trajectory_with_defaults(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=25)
    follow(NESTEROV, solution, param, grads, lr=0.05)


@check(
    "nesterov-unusual-settings",
    task="2.3",
    points=6,
    hint="25 steps with momentum 0.5 or 0.99 and weight decay leave PyTorch's path. Defaults hide such mistakes: try "
    "momentum=0.5 and weight_decay=0.1 yourself.",
)
def test_trajectory_with_unusual_settings(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=25)
    follow(NESTEROV, solution, param, grads, lr=0.3, momentum=0.5, weight_decay=0.1)
    follow(NESTEROV, solution, param, grads, lr=0.02, momentum=0.99, weight_decay=0.3)


@check(
    "nesterov-learning-rate-change",
    task="2.3",
    points=3,
    hint=MEND_TRAJECTORY_FIRST
    + "The learning rate may change between two calls (a schedule). Use the lr of this call for the whole direction, "
    "and keep it out of the velocity.",
)
def test_learning_rate_changes_on_the_way(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (5,), steps=8)
    follow(NESTEROV, solution, param, grads, lrs=[0.1] * 4 + [0.02] * 4)


@check(
    "nesterov-momentum-zero",
    task="2.3",
    points=2,
    hint="With momentum = 0 there is nothing to look ahead with: the step is that of sgd_step, and the velocity "
    "returned is this step's g, decay included. It is a valid setting here.",
)
def test_without_momentum_it_is_sgd(solution: Solution, draw: torch.Generator) -> None:
    param, (grad, velocity) = problem(draw, (3, 4), steps=2)
    try:
        got = solution.nesterov_step(param, grad, velocity, lr=0.3, momentum=0.0, weight_decay=0.1)
    except ValueError:
        raise AssertionError("nesterov_step(..., momentum=0.0): got a ValueError, expected a result") from None
    slope = grad + 0.1 * param
    expect.close(got[0], param - 0.3 * slope, what="param with momentum=0")
    expect.close(got[1], slope, what="velocity with momentum=0")


@check(
    "nesterov-zero-gradient",
    task="2.3",
    points=3,
    hint="Where the gradient is zero, the velocity fades by the factor momentum and goes on moving the parameter. "
    "From a zero velocity nothing happens.",
)
def test_zero_gradient_glides_on(solution: Solution, draw: torch.Generator) -> None:
    param, (velocity,) = problem(draw, (4,), steps=1)
    still = torch.zeros_like(param)
    follow(NESTEROV, solution, param, [still] * 3, state=[velocity], lr=0.1)
    follow(NESTEROV, solution, param, [still] * 2, lr=0.1)


@check(
    "nesterov-late-start",
    task="2.3",
    points=2,
    hint=MEND_TRAJECTORY_FIRST
    + "Training may resume from a saved velocity. The velocity is the argument, nothing that the module keeps itself.",
)
def test_a_run_resumed_late(solution: Solution, draw: torch.Generator) -> None:
    param, (velocity, *grads) = problem(draw, (4,), steps=3)
    follow(NESTEROV, solution, param, grads, state=[velocity], lr=0.1)
    follow(NESTEROV, solution, param, grads, state=[-5 * velocity], lr=0.1)


@check(
    "nesterov-weight-decay",
    task="2.3",
    points=4,
    hint="README, section 'Weight decay': decay is L2, part of the gradient wherever the gradient appears, in the "
    "velocity and in the direction, with the parameter from before the step.",
)
def test_weight_decay_is_part_of_the_gradient(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (4,), steps=3)
    follow(NESTEROV, solution, param, [torch.zeros_like(param)] * 2, lr=0.1, weight_decay=0.5)
    follow(NESTEROV, solution, param, grads, lr=0.1, weight_decay=0.5)


@check(
    "nesterov-shapes",
    task="2.3",
    points=1,
    hint=MEND_TRAJECTORY_FIRST + "Scalars, empty, 3-D and transposed tensors are parameters too.",
)
def test_any_shape(solution: Solution, draw: torch.Generator) -> None:
    keeps_any_shape(NESTEROV, solution, draw, lr=0.1)


@check(
    "nesterov-gradient-scale",
    task="2.3",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "Gradients of size 1e-8 and 1e+8. A step is proportional to its gradients, however small or large they are.",
)
def test_tiny_and_huge_gradients(solution: Solution, draw: torch.Generator) -> None:
    _, grads = problem(draw, (3, 4), steps=3)
    for scale in (1e-8, 1e8):  # from zero, so that the parameter is nothing but the steps
        follow(NESTEROV, solution, torch.zeros_like(grads[0]), [grad * scale for grad in grads], lr=0.1)


@check(
    "nesterov-arguments-untouched",
    task="2.3",
    points=1,
    hint="A call changed one of its arguments, or returned an argument's own memory. Operations that end in _ and "
    "operators like += work in place.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    leaves_arguments_alone(NESTEROV, solution, draw, lr=0.1)


@check(
    "nesterov-precision",
    task="2.3",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "float32 in, float32 out; float64 in, float64 all the way. Look for .float(), torch.tensor(0.9) and other "
    "places where float32 slips in.",
)
def test_precision_of_the_input_is_kept(solution: Solution, draw: torch.Generator) -> None:
    keeps_its_precision(NESTEROV, solution, draw, lr=0.1, weight_decay=0.1)


@check(
    "nesterov-value-errors",
    task="2.3",
    points=2,
    hint="The stub's docstring lists which hyperparameters are invalid and raise ValueError. lr = 0 is valid, and a "
    "momentum of 1 is too.",
)
def test_invalid_hyperparameters_are_refused(solution: Solution, draw: torch.Generator) -> None:
    refuses(NESTEROV, solution, lr=-0.1)
    refuses(NESTEROV, solution, lr=0.1, momentum=-0.5)
    refuses(NESTEROV, solution, lr=0.1, weight_decay=-0.1)
    param, grads = problem(draw, (3,), steps=2)
    takes(NESTEROV, solution, param, grads, lr=0.0)
    takes(NESTEROV, solution, param, grads, lr=0.1, momentum=1.0)
