"""Hidden checks of task 3.3, `adam_step`."""

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
from grader.suites.adaptive.twins import ADAM

PARAM = torch.tensor([1.0, -2.0], dtype=torch.float64)
GRADS = [torch.tensor(values, dtype=torch.float64) for values in ([0.5, -4.0], [1.0, 2.0], [-0.25, 1.0])]
LATE = 100_000


@check("adam-first-step", task="3.3", points=2, visibility="visible", hint="README, section 'Adam'.")
def test_first_step_by_hand(solution: Solution) -> None:
    follow(ADAM, solution, PARAM, GRADS[:1], lr=0.1)


@check("adam-moments", task="3.3", points=3, visibility="visible", hint="README, section 'Adam'.")
def test_both_moments_by_hand(solution: Solution) -> None:
    follow(ADAM, solution, PARAM, GRADS, only=["exp_avg", "exp_avg_sq"], lr=0.1, betas=(0.5, 0.75))


@check(
    "adam-bias-correction",
    task="3.3",
    points=4,
    hint="While the gradient stays the same, the corrected moments are that gradient and its square at every step, so "
    "each step has the size of lr. Correct both moments, each with its own beta to the power of step, and return them "
    "uncorrected.",
)
def test_constant_gradient_makes_steps_of_the_size_of_lr(solution: Solution, draw: torch.Generator) -> None:
    param, (grad,) = problem(draw, (4,), steps=1)
    follow(ADAM, solution, param, [grad] * 4, lr=0.5)
    follow(ADAM, solution, param, [grad] * 2, lr=0.5, betas=(0.6, 0.6))


@check(
    "adam-trajectory",
    task="3.3",
    points=4,
    hint="25 steps with the default settings leave PyTorch's path. The first step can look right by chance: compute "
    "steps 2 and 3 by hand as in the README's worked example.",
)
def test_trajectory_with_defaults(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=25)
    follow(ADAM, solution, param, grads)


@check(
    "adam-unusual-settings",
    task="3.3",
    points=4,
    hint="25 steps with betas=(0.7, 0.95), a large eps and weight decay leave PyTorch's path. Defaults hide such "
    "mistakes: try these settings yourself.",
)
def test_trajectory_with_unusual_settings(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=25)
    follow(ADAM, solution, param, grads, lr=0.05, betas=(0.7, 0.95), eps=1e-2, weight_decay=0.1)


@check(
    "adam-learning-rate-change",
    task="3.3",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "The learning rate may change between two calls (a schedule). Use the lr of this call, and keep it out of "
    "the moments.",
)
def test_learning_rate_changes_on_the_way(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (5,), steps=8)
    follow(ADAM, solution, param, grads, lrs=[0.1] * 4 + [0.02] * 4)


@check(
    "adam-shapes",
    task="3.3",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "Scalars, empty, 3-D and transposed tensors are parameters too, and every element has moments of its own.",
)
def test_any_shape(solution: Solution, draw: torch.Generator) -> None:
    keeps_any_shape(ADAM, solution, draw)


@check(
    "adam-gradient-scale",
    task="3.3",
    points=2,
    hint=MEND_TRAJECTORY_FIRST + "Gradients of size 1e-8 and 1e+8. With tiny gradients it shows where eps is added.",
)
def test_tiny_and_huge_gradients(solution: Solution, draw: torch.Generator) -> None:
    follows_any_gradient_scale(ADAM, solution, draw)


@check(
    "adam-eps-placement",
    task="3.3",
    points=2,
    hint="README, section 'Conventions': eps is added after the square root of the corrected second moment.",
)
def test_eps_is_added_after_the_root_of_the_corrected_moment(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (4,), steps=2)
    follow(ADAM, solution, param, grads, lr=0.5, eps=0.5)


@check(
    "adam-zero-gradient",
    task="3.3",
    points=1,
    hint="A zero gradient at the start changes nothing without decay. Later it still lets both moments fade, and the "
    "first one goes on moving the parameter.",
)
def test_zero_gradient(solution: Solution, draw: torch.Generator) -> None:
    param, (grad, slope) = problem(draw, (4,), steps=2)
    still = torch.zeros_like(param)
    follow(ADAM, solution, param, [still, still], weight_decay=0.0)
    follow(ADAM, solution, param, [still, still], state=[slope, grad**2], first_step=3, weight_decay=0.0)


@check(
    "adam-weight-decay",
    task="3.3",
    points=2,
    hint="README, section 'Conventions': Adam's decay is L2. It is part of the gradient before either moment sees it; "
    "subtracting it from the parameter is AdamW.",
)
def test_weight_decay_is_part_of_the_gradient(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (4,), steps=2)
    follow(ADAM, solution, param, [torch.zeros_like(param)] * 2, lr=0.1, weight_decay=0.5)
    follow(ADAM, solution, param, grads, lr=0.1, weight_decay=0.5)


@check(
    "adam-late-step",
    task="3.3",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "Training may resume from saved moments at any step. The number of the step is the argument step, nothing "
    "that the module counts itself.",
)
def test_a_run_resumed_late(solution: Solution, draw: torch.Generator) -> None:
    param, (grad, *grads) = problem(draw, (4,), steps=3)
    follow(ADAM, solution, param, grads, state=[grad, grad**2], first_step=LATE)
    follow(ADAM, solution, param, grads, state=[grad, grad**2], first_step=7)


@check(
    "adam-arguments-untouched",
    task="3.3",
    points=1,
    hint="A call changed one of its arguments, or returned an argument's own memory. Operations that end in _ and "
    "operators like += work in place.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    leaves_arguments_alone(ADAM, solution, draw)


@check(
    "adam-precision",
    task="3.3",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "float32 in, float32 out; float64 in, float64 all the way. Look for .float(), torch.tensor(0.999) and other "
    "places where float32 slips in.",
)
def test_precision_of_the_input_is_kept(solution: Solution, draw: torch.Generator) -> None:
    keeps_its_precision(ADAM, solution, draw, lr=0.1)


@check(
    "adam-value-errors",
    task="3.3",
    points=1,
    hint="The stub's docstring lists which hyperparameters are invalid and raise ValueError; lr = 0 is a valid one.",
)
def test_invalid_hyperparameters_are_refused(solution: Solution, draw: torch.Generator) -> None:
    refuses(ADAM, solution, lr=-0.1)
    refuses(ADAM, solution, eps=-0.1)
    refuses(ADAM, solution, weight_decay=-0.1)
    for betas in ((-0.1, 0.9), (1.0, 0.9), (0.9, -0.1), (0.9, 1.0)):
        refuses(ADAM, solution, betas=betas)
    refuses(ADAM, solution, step=0)
    param, grads = problem(draw, (3,), steps=1)
    follow(ADAM, solution, param, grads, only=["param"], lr=0.0)
