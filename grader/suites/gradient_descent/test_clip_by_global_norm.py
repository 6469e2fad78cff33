"""Hidden checks of task 1.4, `clip_by_global_norm`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.gradient_descent.twins import PRECISIONS, clipped, follows_clipping, normal


def several(draw: torch.Generator) -> list[Tensor]:
    """Return the gradients of two layers: two matrices and two vectors."""
    return [normal(draw, 4, 3), normal(draw, 4), normal(draw, 2, 4), normal(draw, 2)]


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


@check(
    "clip-by-hand",
    task="1.4",
    points=2,
    visibility="visible",
    hint="README, sections 'Vanishing and exploding gradients' and 'Worked by hand'.",
)
def test_three_and_four_make_five(solution: Solution) -> None:
    follows_clipping(solution, [numbers(3.0), numbers(0.0, 4.0)], 1.0)


@check(
    "clip-above",
    task="1.4",
    points=3,
    hint="Gradients above max_norm: all elements of all tensors are multiplied by one and the same number, so that "
    "their direction stays. There is one norm, not one per tensor.",
)
def test_long_gradients_are_scaled_together(solution: Solution, draw: torch.Generator) -> None:
    grads = several(draw)
    for max_norm in (1.0, 0.01):
        follows_clipping(solution, grads, max_norm)
    follows_clipping(solution, [grad * 1e8 for grad in grads], 2.0)


@check(
    "clip-below",
    task="1.4",
    points=2,
    hint="Gradients below max_norm come back bit for bit as they were: nothing is made longer, and math.inf as "
    "max_norm clips nothing.",
)
def test_short_gradients_stay(solution: Solution, draw: torch.Generator) -> None:
    grads = several(draw)
    *_, norm = clipped(grads, 1.0)
    for max_norm in (1.5 * float(norm), 1e6, math.inf):
        kept, _ = solution.clip_by_global_norm(grads, max_norm=max_norm)
        for place, (mine, given) in enumerate(zip(kept, grads, strict=True)):
            expect.identical(mine, given, what=f"tensor {place} below max_norm={max_norm:g}")


@check(
    "clip-exactly",
    task="1.4",
    points=1,
    hint="A norm of exactly max_norm is not too long. This is also where a small number added to the norm shows.",
)
def test_gradients_of_just_the_norm_stay(solution: Solution) -> None:
    # A norm that is put together from two roundings may miss 7 by 1e-15; an added 1e-6 would show as 1.4e-7.
    follows_clipping(solution, [numbers(3.0), numbers(4.0)], 5.0, rtol=1e-12)
    follows_clipping(solution, [numbers(2.0, 3.0), numbers(6.0)], 7.0, rtol=1e-12)


@check(
    "clip-norm",
    task="1.4",
    points=2,
    hint="The second value is the norm before clipping: who trains wants to see how long the gradients were, whether "
    "they were clipped or not.",
)
def test_norm_before_clipping_is_returned(solution: Solution, draw: torch.Generator) -> None:
    grads = several(draw)
    for scale in (1e-3, 1.0, 1e3):
        scaled = [grad * scale for grad in grads]
        _, norm = solution.clip_by_global_norm(scaled, max_norm=1.0)
        expect.close(norm, clipped(scaled, 1.0)[1], what="norm before clipping")


@check(
    "clip-any-tensors",
    task="1.4",
    points=1,
    hint="The list may hold scalars, empty, transposed and 3-D tensors, or one tensor only; each keeps its shape and "
    "its place.",
)
def test_any_tensors(solution: Solution, draw: torch.Generator) -> None:
    mixed = [normal(draw), normal(draw, 0), normal(draw, 3, 4).t(), normal(draw, 2, 3, 2), normal(draw, 8)[::3]]
    for max_norm in (0.5, 100.0):
        follows_clipping(solution, mixed, max_norm)
    follows_clipping(solution, [normal(draw, 5)], 0.5)


@check(
    "clip-zero",
    task="1.4",
    points=1,
    hint="Gradients that are all zero have the norm 0: do not divide by it. And max_norm=0 turns every gradient into "
    "zeros. No NaN in either case, nor in both at once.",
)
def test_zero_gradients_and_zero_norm(solution: Solution, draw: torch.Generator) -> None:
    zeros = [torch.zeros(2, 3, dtype=torch.float64), torch.zeros(2, dtype=torch.float64)]
    for max_norm in (1.0, 0.0):
        follows_clipping(solution, zeros, max_norm)
    follows_clipping(solution, several(draw), 0.0)


@check(
    "clip-precision",
    task="1.4",
    points=1,
    hint="float32 in, float32 out, for the norm as well; float64 in, float64 all the way through.",
)
def test_precision(solution: Solution, draw: torch.Generator) -> None:
    for dtype, rtol in PRECISIONS:
        for max_norm in (0.5, 100.0):
            follows_clipping(solution, [grad.to(dtype) for grad in several(draw)], max_norm, rtol=rtol)


@check(
    "clip-arguments-untouched",
    task="1.4",
    points=1,
    hint="Neither the tensors of the caller nor the caller's list may change. Clipped gradients are new tensors; look "
    "for *=, mul_ and grads[i] = .",
)
def test_arguments_are_left_alone(solution: Solution, draw: torch.Generator) -> None:
    expect.untouched(solution.clip_by_global_norm, several(draw), max_norm=0.5)
    expect.untouched(solution.clip_by_global_norm, several(draw), max_norm=100.0, may_share=["grads"])


@check(
    "clip-value-errors",
    task="1.4",
    points=1,
    hint="A negative max_norm would turn the gradients round. The docstring says what to do about it, under Raises.",
)
def test_a_negative_norm_is_refused(solution: Solution, draw: torch.Generator) -> None:
    for grads in (several(draw), [torch.zeros(2, dtype=torch.float64)]):
        expect.refuses(solution.clip_by_global_norm, grads, max_norm=-1.0)
