"""Hidden checks of task 6.2, `dropout_backward`. The masks are the judge's own, so no mistake of 6.1 shows here."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from grader.judge import expect
from grader.judge.suite import Solution, Step, check
from grader.suites.dropout.masks import (
    FORMULA,
    RATES,
    coins,
    dropped_are_zero,
    kept_are_scaled,
    passed_on,
    seed_of,
    to_the_last_digits,
    values,
)

GRAD = torch.tensor([1.0, -2.0, 3.0, -4.0], dtype=torch.float64)
MASK = torch.tensor([True, False, False, True])


def training(grad_out: Tensor, mask: Tensor, p: float) -> Step:
    return Step((grad_out, mask, p), {"training": True})


def twin(draw: torch.Generator, shape: tuple[int, ...], p: float) -> tuple[Tensor, Tensor]:
    """Return a mask that PyTorch draws, and the derivative of its dropout under that mask.

    Dropout is linear, and each output depends on its own input alone: the derivative is the output for ones.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(draw))
        slope = functional.dropout(torch.ones(shape, dtype=torch.float64), p, training=True)
    return slope != 0, slope


@check("backward-by-hand", task="6.2", points=4, visibility="visible", hint="README, section 'Backward'.")
def test_four_values_by_hand(solution: Solution) -> None:
    for p in (0.2, 0.75):
        grad_x = solution.dropout_backward(GRAD, MASK, p, training=True)
        called = f"dropout_backward({GRAD.tolist()}, {MASK.tolist()}, {p}, training=True): grad_x"
        passed_on(grad_x, GRAD, MASK, p, what=called)


@check(
    "backward-kept-values",
    task="6.2",
    points=5,
    hint="README, section 'Backward': where the forward pass divided by 1 - p, so does the backward pass, once. Try "
    "p=0.2 and p=0.7.",
)
def test_gradient_of_kept_values_is_scaled(solution: Solution, draw: torch.Generator) -> None:
    for p in RATES:
        grad_out, mask = values(draw, 20, 30), coins(draw, 20, 30, p=p)
        kept_are_scaled(solution.dropout_backward(grad_out, mask, p, training=True), grad_out, mask, p, what="grad_x")


@check(
    "backward-dropped-values",
    task="6.2",
    points=4,
    hint="A dropped element has no influence on the loss: where mask is False the gradient is exactly zero.",
)
def test_gradient_of_dropped_values_is_zero(solution: Solution, draw: torch.Generator) -> None:
    for p in RATES:
        mask = coins(draw, 20, 30, p=p)
        dropped_are_zero(solution.dropout_backward(values(draw, 20, 30), mask, p, training=True), mask, what="grad_x")


@check(
    "backward-beside-pytorch",
    task="6.2",
    points=5,
    hint="The gradient is not that of PyTorch's dropout under the same mask. out is mask * x / (1 - p): differentiate "
    "that.",
)
def test_gradient_is_that_of_pytorch(solution: Solution, draw: torch.Generator) -> None:
    for p in (0.1, *RATES):
        grad_out = values(draw, 8, 9)
        mask, slope = twin(draw, (8, 9), p)
        grad_x = solution.dropout_backward(grad_out, mask, p, training=True)
        expect.close(grad_x, grad_out * slope, what=f"grad_x, p={p}", rtol=FORMULA)


@check(
    "backward-evaluation",
    task="6.2",
    points=6,
    hint="README, section 'Evaluation mode': there out is x, so the gradient passes through as it is, neither scaled "
    "nor dropped, also with p=1.",
)
def test_evaluation_passes_the_gradient_through(solution: Solution, draw: torch.Generator) -> None:
    grad_out, rates = values(draw, 6, 7), (*RATES, 0.0, 1.0)
    calls = [Step((grad_out, torch.ones(6, 7, dtype=torch.bool), p), {"training": False}) for p in rates]
    for p, grad_x in zip(rates, solution.dropout_backward.many(calls), strict=True):
        expect.identical(grad_x, grad_out, what=f"grad_x in evaluation, p={p}")


@check(
    "backward-mask-as-given",
    task="6.2",
    points=4,
    hint="The backward pass draws nothing: it uses the mask that it is given, also if that one keeps everything or "
    "nothing.",
)
def test_mask_is_the_one_given(solution: Solution, draw: torch.Generator) -> None:
    grad_out = values(draw, 9, 8)
    masks = [torch.full((9, 8), kept) for kept in (True, False)] + [coins(draw, 9, 8, p=0.5)] * 2
    results = solution.dropout_backward.many([training(grad_out, mask, 0.3) for mask in masks])
    for mask, grad_x in zip(masks, results, strict=True):
        passed_on(grad_x, grad_out, mask, 0.3, what=f"grad_x with {int(mask.sum())} of 72 kept")


@check(
    "backward-p-as-given",
    task="6.2",
    points=3,
    hint="The scale is 1 / (1 - p) with the p of this call. It is neither a fixed 2 nor what the mask happens to keep.",
)
def test_scale_comes_from_p(solution: Solution, draw: torch.Generator) -> None:
    grad_out, mask = values(draw, 7, 9), coins(draw, 7, 9, p=0.5)
    rates = (0.1, 0.45, 0.5, 0.85)
    for p, grad_x in zip(
        rates, solution.dropout_backward.many([training(grad_out, mask, p) for p in rates]), strict=True
    ):
        passed_on(grad_x, grad_out, mask, p, what="grad_x")


@check(
    "backward-p-zero-and-one",
    task="6.2",
    points=3,
    hint="With p=0 the gradient passes as it is. With p=1 everything was dropped and it is zeros: what is 0 / 0, and "
    "how do you keep it out?",
)
def test_both_ends_of_p(solution: Solution, draw: torch.Generator) -> None:
    grad_out = values(draw, 3, 4)
    calls = [training(grad_out, torch.full((3, 4), p == 0), p) for p in (0.0, 1.0)]
    everything, nothing = solution.dropout_backward.many(calls)
    expect.identical(everything, grad_out, what="grad_x with p=0")
    expect.identical(nothing, torch.zeros_like(grad_out), what="grad_x with p=1")


@check(
    "backward-shapes",
    task="6.2",
    points=1,
    hint="Scalars, empty, 3-D and transposed tensors have gradients too, and grad_x has the shape of grad_out.",
)
def test_any_shape(solution: Solution, draw: torch.Generator) -> None:
    shapes = ((), (1,), (0,), (2, 3, 4), (3, 0, 2), (2, 2, 3, 2))
    pairs = [(values(draw, *shape), coins(draw, *shape, p=0.4)) for shape in shapes]
    whole, mask = values(draw, 6, 8), coins(draw, 6, 8, p=0.4)
    pairs += [(whole.t(), mask.t()), (whole[::2, 1::2], mask[::2, 1::2]), (whole.t(), coins(draw, 8, 6, p=0.4))]
    results = solution.dropout_backward.many([training(*pair, 0.4) for pair in pairs])
    for (grad_out, mask), grad_x in zip(pairs, results, strict=True):
        passed_on(grad_x, grad_out, mask, 0.4, what=f"grad_x of shape {tuple(grad_out.shape)}")


@check(
    "backward-precision",
    task="6.2",
    points=2,
    hint="float32 in, float32 out; float64 in, float64 all the way: "
    "torch.tensor(1 - p) is float32, the Python number is not.",
)
def test_precision_of_the_gradient_is_kept(solution: Solution, draw: torch.Generator) -> None:
    for dtype in (torch.float32, torch.float64):
        for p in (*RATES, 0.9):
            grad_out, mask = values(draw, 10, 12, dtype=dtype), coins(draw, 10, 12, p=0.4)
            grad_x = solution.dropout_backward(grad_out, mask, p, training=True)
            to_the_last_digits(grad_x, grad_out, mask, p, what=f"grad_x in {dtype}")


@check(
    "backward-arguments-untouched",
    task="6.2",
    points=2,
    hint="A call changed grad_out or mask, or in training returned an argument's own memory. Operations that end in _ "
    "and operators like *= work in place.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    grad_out, mask = values(draw, 5, 6), coins(draw, 5, 6, p=0.4)
    expect.untouched(solution.dropout_backward, grad_out, mask, 0.4, training=True)
    kept = torch.ones_like(mask)
    expect.untouched(solution.dropout_backward, grad_out, kept, 0.4, may_share=["grad_x"], training=False)


@check(
    "backward-value-errors",
    task="6.2",
    points=1,
    hint="A p below 0 or above 1 raises ValueError, in evaluation too.",
)
def test_invalid_p_is_refused(solution: Solution) -> None:
    for mode in (True, False):
        for p in (-0.1, 1.1):
            expect.refuses(solution.dropout_backward, GRAD, MASK, p, training=mode)
