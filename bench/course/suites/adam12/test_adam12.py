"""Twelve hidden checks of one function, `adam_step`, for measurements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import CARRIED, Solution, Step, check

FLOAT64, FLOAT32 = 1e-9, 1e-5


@check("adam-trajectory", task="1", points=1, hint="20 steps leave PyTorch's path: compute steps 1 to 3 by hand.")
def test_twenty_steps_beside_pytorch(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=20)
    follow(solution, param, grads, lr=0.05, betas=(0.7, 0.95), eps=1e-2, weight_decay=0.1)


@check("adam-defaults", task="1", points=1, hint="The defaults are those of the signature.")
def test_five_steps_with_the_default_settings(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (3, 4), steps=5)
    follow(solution, param, grads)


@check("adam-bias-correction", task="1", points=1, hint="Both moments start at zero and are corrected for it.")
def test_the_first_two_steps_have_the_size_of_lr(solution: Solution, draw: torch.Generator) -> None:
    param, (grad,) = problem(draw, (4,), steps=1)
    zeros = torch.zeros_like(param)
    first, *state = solution.adam_step(param, grad, zeros, zeros, 1, lr=0.5, eps=0.0)
    expect.close(first, param - 0.5 * grad.sign(), what="param after step 1", rtol=FLOAT64)
    second, *_ = solution.adam_step(first, grad, *state, 2, lr=0.5, eps=0.0)
    expect.close(second, param - grad.sign(), what="param after step 2", rtol=FLOAT64)


@check("adam-eps", task="1", points=1, hint="eps is added after the square root of the corrected second moment.")
def test_eps_lies_outside_the_root(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (4,), steps=2)
    follow(solution, param, grads, lr=0.5, eps=0.5)


@check("adam-weight-decay", task="1", points=1, hint="Decay is part of the gradient before either moment sees it.")
def test_weight_decay_is_coupled(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (4,), steps=3)
    follow(solution, param, grads, lr=0.1, weight_decay=0.5)


@check("adam-learning-rate-change", task="1", points=1, hint="Use the lr of this call, and keep it out of the moments.")
def test_the_learning_rate_changes_on_the_way(solution: Solution, draw: torch.Generator) -> None:
    param, grads = problem(draw, (5,), steps=6)
    follow(solution, param, grads, lrs=[0.1] * 3 + [0.02] * 3)


@check("adam-precision", task="1", points=1, hint="float32 stays float32, float64 is computed in float64.")
def test_the_dtype_is_kept(solution: Solution, draw: torch.Generator) -> None:
    for dtype, rtol in ((torch.float32, FLOAT32), (torch.float64, FLOAT64)):
        param, grads = problem(draw, (2, 3), steps=3)
        follow(solution, param.to(dtype), [grad.to(dtype) for grad in grads], rtol=rtol, lr=0.1)


@check("adam-arguments-untouched", task="1", points=1, hint="Operations that end in _ or look like += work in place.")
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    param, (grad, slope) = problem(draw, (3, 4), steps=2)
    given = (param, grad, slope, slope**2)
    seen = solution.adam_step.observe(*given, 2, weight_decay=0.1)
    for was, now in zip(given, seen.arguments, strict=False):  # the number of the step comes last
        expect.identical(now, was, what="an argument after the call")


@check("adam-own-memory", task="1", points=1, hint="Return new tensors, also where nothing changes.")
def test_results_share_no_memory_with_arguments(solution: Solution, draw: torch.Generator) -> None:
    param, (grad,) = problem(draw, (3, 4), steps=1)
    for lr in (0.1, 0.0):
        seen = solution.adam_step.observe(param, grad, torch.zeros_like(param), torch.zeros_like(param), 1, lr=lr)
        assert not seen.shared, "a result lies in an argument's memory, expected new tensors"


@check("adam-zero-gradient", task="1", points=1, hint="A zero gradient at the start changes nothing without decay.")
def test_a_zero_gradient_moves_nothing(solution: Solution, draw: torch.Generator) -> None:
    param, _ = problem(draw, (4,), steps=0)
    follow(solution, param, [torch.zeros_like(param)] * 2)


@check("adam-shapes", task="1", points=1, hint="Scalars and empty tensors are parameters too.")
def test_a_scalar_and_an_empty_tensor(solution: Solution, draw: torch.Generator) -> None:
    for shape in ((), (0,)):
        param, grads = problem(draw, shape, steps=2)
        follow(solution, param, grads, weight_decay=0.05)


@check("adam-value-errors", task="1", points=1, hint="The docstring lists what raises ValueError; lr = 0 is valid.")
def test_invalid_settings_are_refused(solution: Solution) -> None:
    ones = torch.ones(2, dtype=torch.float64)
    for step, invalid in (
        (1, {"lr": -0.1}),
        (1, {"eps": -0.1}),
        (1, {"weight_decay": -0.1}),
        (1, {"betas": (1.0, 0.9)}),
        (0, {}),
    ):
        try:
            solution.adam_step(ones, ones, ones, ones, step, **invalid)
        except ValueError:
            continue
        pytest.fail(f"adam_step(..., {invalid or 'step=0'}): got a result, expected a ValueError", pytrace=False)
    kept, *_ = solution.adam_step(ones, ones, ones, ones, 1, lr=0.0)
    expect.identical(kept, ones, what="param after a step with lr=0")


def problem(draw: torch.Generator, shape: tuple[int, ...], *, steps: int) -> tuple[Tensor, list[Tensor]]:
    """Return a float64 parameter of `shape` and one gradient per step, all standard normal."""
    param, *grads = (torch.randn(shape, generator=draw, dtype=torch.float64) for _ in range(steps + 1))
    return param, grads


def follow(
    solution: Solution,
    param: Tensor,
    grads: Sequence[Tensor],
    *,
    lrs: Sequence[float] | None = None,
    rtol: float = FLOAT64,
    **options: Any,
) -> None:
    """Walk along `grads` from the zero state beside `torch.optim.Adam`; fail at the first step where they part."""
    twin = param.to(torch.float64, copy=True).requires_grad_()
    optimizer = torch.optim.Adam([twin], foreach=False, **options)
    steps, expected = [], []
    for index, grad in enumerate(grads):
        if lrs is not None:
            options["lr"] = optimizer.param_groups[0]["lr"] = lrs[index]
        steps.append(Step((CARRIED, grad, CARRIED, CARRIED, index + 1), dict(options)))
        twin.grad = grad.to(torch.float64)
        optimizer.step()
        state = optimizer.state[twin]
        expected.append((twin.detach().clone(), state["exp_avg"].clone(), state["exp_avg_sq"].clone()))
    walked = solution.adam_step.walk((param, torch.zeros_like(param), torch.zeros_like(param)), steps)
    for number, (got, wanted) in enumerate(zip(walked, expected, strict=True), 1):
        for name, mine, right in zip(("param", "exp_avg", "exp_avg_sq"), got, wanted, strict=True):
            expect.close(mine, right, what=f"step {number}, {name}", rtol=rtol)
