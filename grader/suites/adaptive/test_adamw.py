"""Hidden checks of task 3.4, `adamw_step`."""

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
from grader.suites.adaptive.twins import ADAMW

PARAM = torch.tensor([1.0, -2.0], dtype=torch.float64)
GRADS = [torch.tensor(values, dtype=torch.float64) for values in ([0.5, -4.0], [1.0, 2.0], [-0.25, 1.0])]
LATE = 100_000


@check("adamw-first-step", task="3.4", points=2, visibility="visible", hint="README, section 'AdamW'.")
def test_first_step_by_hand(solution: Solution) -> None:
    follow(ADAMW, solution, PARAM, GRADS[:1], lr=0.1)


@check("adamw-moments", task="3.4", points=2, visibility="visible", hint="README, section 'AdamW'.")
def test_both_moments_by_hand(solution: Solution) -> None:
    follow(ADAMW, solution, PARAM, GRADS, only=["exp_avg", "exp_avg_sq"], lr=0.1, betas=(0.5, 0.75))


@check(
    "adamw-bias-correction",
    task="3.4",
    points=3,
    hint="While the gradient stays the same, the corrected moments are that gradient and its square at every step, so "
    "each step has the size of lr. Correct both moments, each with its own beta to the power of step, and return them "
    "uncorrected.",
)
def test_constant_gradient_makes_steps_of_the_size_of_lr(solution: Solution, draw: torch.Generator) -> None:
    param, (grad,) = problem(draw, (4,), steps=1)
    follow(ADAMW, solution, param, [grad] * 4, lr=0.5)
    follow(ADAMW, solution, param, [grad] * 2, lr=0.5, betas=(0.6, 0.6))


@check(
    "adamw-trajectory",
    task="3.4",
    points=3,
    hint="25 steps with the default settings leave PyTorch's path. The first step can look right by chance: compute "
    "steps 2 and 3 by hand as in the README's worked example.",
)
def test_trajectory_with_defaults(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=25)
    follow(ADAMW, solution, param, grads)


@check(
    "adamw-unusual-settings",
    task="3.4",
    points=3,
    hint="25 steps with betas=(0.7, 0.95), a large eps and weight decay leave PyTorch's path. Defaults hide such "
    "mistakes: try these settings yourself.",
)
def test_trajectory_with_unusual_settings(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=25)
    follow(ADAMW, solution, param, grads, lr=0.05, betas=(0.7, 0.95), eps=1e-2, weight_decay=0.1)


@check(
    "adamw-learning-rate-change",
    task="3.4",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "The learning rate may change between two calls (a schedule). Use the lr of this call, and keep it out of "
    "the moments.",
)
def test_learning_rate_changes_on_the_way(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (5,), steps=8)
    follow(ADAMW, solution, param, grads, lrs=[0.1] * 4 + [0.02] * 4)


@check(
    "adamw-shapes",
    task="3.4",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "Scalars, empty, 3-D and transposed tensors are parameters too, and every element has moments of its own.",
)
def test_any_shape(solution: Solution, draw: torch.Generator) -> None:
    keeps_any_shape(ADAMW, solution, draw)


@check(
    "adamw-gradient-scale",
    task="3.4",
    points=1,
    hint=MEND_TRAJECTORY_FIRST + "Gradients of size 1e-8 and 1e+8. With tiny gradients it shows where eps is added.",
)
def test_tiny_and_huge_gradients(solution: Solution, draw: torch.Generator) -> None:
    follows_any_gradient_scale(ADAMW, solution, draw)


@check(
    "adamw-eps-placement",
    task="3.4",
    points=1,
    hint="README, section 'Conventions': eps is added after the square root of the corrected second moment.",
)
def test_eps_is_added_after_the_root_of_the_corrected_moment(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (4,), steps=2)
    follow(ADAMW, solution, param, grads, lr=0.5, eps=0.5)


@check(
    "adamw-zero-gradient",
    task="3.4",
    points=1,
    hint="A zero gradient at the start changes nothing without decay. Later it still lets both moments fade, and the "
    "first one goes on moving the parameter.",
)
def test_zero_gradient(solution: Solution, draw: torch.Generator) -> None:
    param, (grad, slope) = problem(draw, (4,), steps=2)
    still = torch.zeros_like(param)
    follow(ADAMW, solution, param, [still, still], weight_decay=0.0)
    follow(ADAMW, solution, param, [still, still], state=[slope, grad**2], first_step=3, weight_decay=0.0)


@check(
    "adamw-decoupled-decay",
    task="3.4",
    points=4,
    hint="With a zero gradient only the decay acts: every step multiplies the parameter by 1 - lr * weight_decay, and "
    "both moments stay zero.",
)
def test_decay_stays_out_of_the_moments(solution: Solution, draw: torch.Generator) -> None:
    param, _ = problem(draw, (4,), steps=0)
    follow(ADAMW, solution, param, [torch.zeros_like(param)] * 3, lr=0.5, weight_decay=0.3)


@check(
    "adamw-decay-follows-lr",
    task="3.4",
    points=2,
    hint="README, section 'AdamW': the decay of a step is lr * weight_decay * param, so it follows the learning rate.",
)
def test_decay_is_scaled_by_the_learning_rate(solution: Solution, draw: torch.Generator) -> None:
    param, _ = problem(draw, (4,), steps=0)
    still = [torch.zeros_like(param)] * 3
    follow(ADAMW, solution, param, still, weight_decay=0.3, lrs=[0.5, 0.05, 0.0])


@check(
    "adamw-decay-before-step",
    task="3.4",
    points=1,
    hint="README, section 'Conventions': the parameter is decayed first; the Adam step is taken from there and is not "
    "decayed itself.",
)
def test_decay_comes_before_the_step(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (4,), steps=2)
    follow(ADAMW, solution, param, grads, lr=0.5, weight_decay=0.4)


@check(
    "adamw-default-decay",
    task="3.4",
    points=1,
    hint="The stub's signature fixes the default weight_decay of adamw_step; it is not adam_step's.",
)
def test_default_weight_decay(solution: Solution, draw: torch.Generator) -> None:
    param, _ = problem(draw, (4,), steps=0)
    follow(ADAMW, solution, param, [torch.zeros_like(param)], lr=0.5)


@check(
    "adamw-late-step",
    task="3.4",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "Training may resume from saved moments at any step. The number of the step is the argument step, nothing "
    "that the module counts itself.",
)
def test_a_run_resumed_late(solution: Solution, draw: torch.Generator) -> None:
    param, (grad, *grads) = problem(draw, (4,), steps=3)
    follow(ADAMW, solution, param, grads, state=[grad, grad**2], first_step=LATE)
    follow(ADAMW, solution, param, grads, state=[grad, grad**2], first_step=7)


@check(
    "adamw-arguments-untouched",
    task="3.4",
    points=1,
    hint="A call changed one of its arguments, or returned an argument's own memory. Operations that end in _ and "
    "operators like += work in place.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    leaves_arguments_alone(ADAMW, solution, draw)


@check(
    "adamw-precision",
    task="3.4",
    points=1,
    hint=MEND_TRAJECTORY_FIRST
    + "float32 in, float32 out; float64 in, float64 all the way. Look for .float(), torch.tensor(0.999) and other "
    "places where float32 slips in.",
)
def test_precision_of_the_input_is_kept(solution: Solution, draw: torch.Generator) -> None:
    keeps_its_precision(ADAMW, solution, draw, lr=0.1)


@check(
    "adamw-value-errors",
    task="3.4",
    points=1,
    hint="The stub's docstring lists which hyperparameters are invalid and raise ValueError; lr = 0 is a valid one.",
)
def test_invalid_hyperparameters_are_refused(solution: Solution, draw: torch.Generator) -> None:
    refuses(ADAMW, solution, lr=-0.1)
    refuses(ADAMW, solution, eps=-0.1)
    refuses(ADAMW, solution, weight_decay=-0.1)
    for betas in ((-0.1, 0.9), (1.0, 0.9), (0.9, -0.1), (0.9, 1.0)):
        refuses(ADAMW, solution, betas=betas)
    refuses(ADAMW, solution, step=0)
    param, grads = problem(draw, (3,), steps=1)
    follow(ADAMW, solution, param, grads, only=["param"], lr=0.0)
