"""Hidden checks of task 5.2, `batchnorm_backward`.

The gradient of the loss is never the same in all places: a constant one has no gradient with respect to x at all.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.batchnorm.twins import (
    FLOAT32,
    GRADIENTS,
    Layer,
    backward,
    cache,
    follow_back,
    hold_gradients,
    layer,
    normal,
)

MEND_FORWARD_FIRST = "The cache comes from your own batchnorm_forward: if its checks fail too, mend that first. "


def _numbers(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


BY_HAND = Layer(
    x=_numbers(2.0, 8.0, 8.0, 10.0).reshape(4, 1),
    weight=_numbers(3.0),
    bias=_numbers(-1.0),
    running_mean=_numbers(0.0),
    running_var=_numbers(1.0),
)


@check(
    "backward-by-hand",
    task="5.2",
    points=6,
    visibility="visible",
    hint=MEND_FORWARD_FIRST + "README, section 'Worked by hand', has an example with every number on the way.",
)
def test_numbers_by_hand(solution: Solution) -> None:
    follow_back(solution, BY_HAND, _numbers(0.4, -0.2, 0.0, 1.0).reshape(4, 1), training=True)


@check(
    "backward-bias",
    task="5.2",
    points=3,
    hint="README, section 'The gradient, step by step', step 1. Every sample of the batch has a share in the gradient "
    "of the bias.",
)
def test_gradient_of_the_bias(solution: Solution, draw: torch.Generator) -> None:
    follow_back(solution, layer(draw, (6, 3)), normal(draw, (6, 3)), only=["grad_bias"], training=True)


@check(
    "backward-weight",
    task="5.2",
    points=5,
    hint=MEND_FORWARD_FIRST
    + "README, section 'The gradient, step by step', step 1: what was the weight multiplied by?",
)
def test_gradient_of_the_weight(solution: Solution, draw: torch.Generator) -> None:
    follow_back(solution, layer(draw, (6, 3)), normal(draw, (6, 3)), only=["grad_weight"], training=True, eps=0.1)


@check(
    "backward-input",
    task="5.2",
    points=8,
    hint=MEND_FORWARD_FIRST + "README, section 'The gradient, step by step'. In training x reaches the output by three "
    "ways: directly, through the mean, and through the variance.",
)
def test_gradient_of_the_input(solution: Solution, draw: torch.Generator) -> None:
    for size in (6, 2, 3):
        grad_out = normal(draw, (size, 3))
        follow_back(solution, layer(draw, (size, 3)), grad_out, only=["grad_x"], training=True, eps=0.1)


@check(
    "backward-images",
    task="5.2",
    points=8,
    hint=MEND_FORWARD_FIRST + "For images every sum and every mean runs over N, H and W, and n is N * H * W. grad_out "
    "may be transposed, strided or expanded in memory: .view() refuses such tensors, .reshape() and sums over named "
    "dimensions do not.",
)
def test_gradients_of_images(solution: Solution, draw: torch.Generator) -> None:
    for shape in ((2, 3, 2, 5), (1, 2, 4, 3), (3, 1, 2, 1)):
        follow_back(solution, layer(draw, shape), normal(draw, shape), training=True)
    vectors, images = layer(draw, (4, 3)), layer(draw, (2, 3, 2, 4))
    last = images._replace(x=images.x.contiguous(memory_format=torch.channels_last))
    follow_back(solution, vectors, normal(draw, (3, 4)).t(), training=True)
    follow_back(solution, vectors, normal(draw, (1, 3)).expand(4, 3), training=False)
    follow_back(solution, last, normal(draw, (2, 2, 4, 3)).permute(0, 3, 1, 2), training=True)
    follow_back(solution, images, normal(draw, (2, 3, 1, 1)).expand(2, 3, 2, 4), training=True)


@check(
    "backward-evaluation",
    task="5.2",
    points=6,
    hint=MEND_FORWARD_FIRST + "README, section 'In evaluation'. The running statistics are constants: what is left of "
    "the three ways? Weight and bias have gradients as before.",
)
def test_gradients_in_evaluation(solution: Solution, draw: torch.Generator) -> None:
    for shape in ((5, 3), (1, 4), (2, 3, 2, 5)):
        follow_back(solution, layer(draw, shape), normal(draw, shape), training=False, eps=0.1)


@check(
    "backward-eps",
    task="5.2",
    points=2,
    hint=MEND_FORWARD_FIRST + "Where the variance is small, eps matters: the root that the forward pass divided by is "
    "the one that the backward pass divides by, with the caller's eps in it.",
)
def test_eps_of_the_forward_pass(solution: Solution, draw: torch.Generator) -> None:
    given = layer(draw, (5, 3))
    quiet = given._replace(x=given.x * 0.03, running_var=given.running_var * 0.01)
    for training in (True, False):
        follow_back(solution, quiet, normal(draw, (5, 3)), training=training, eps=0.1)
        follow_back(solution, quiet, normal(draw, (5, 3)), training=training)


@check(
    "backward-constant-feature",
    task="5.2",
    points=2,
    hint="One channel has the same value in the whole batch, so its variance is zero. Does the backward pass divide by "
    "it, or by something that eps keeps away from zero?",
)
def test_a_constant_channel_stays_finite(solution: Solution, draw: torch.Generator) -> None:
    for shape in ((6, 3), (2, 3, 2, 2)):
        given = layer(draw, shape)
        given.x[:, 1] = given.x.flatten()[0].clone()
        # The mean of equal values may round by 1e-15 or so: x_hat is 1e-12 in place of 0 at most.
        follow_back(solution, given, normal(draw, shape), training=True, atol=1e-9)


@check(
    "backward-own-cache",
    task="5.2",
    points=2,
    hint="A network has many such layers: forward A, forward B, then backward A. All that the backward pass of A has "
    "to know must be in the cache of A, also whether it was training.",
)
def test_caches_of_two_calls_are_not_mixed_up(solution: Solution, draw: torch.Generator) -> None:
    for training in (True, False):
        one, other = layer(draw, (5, 3)), layer(draw, (5, 3))
        grad_out = normal(draw, (5, 3))
        caches = [cache(solution, one, training=training), cache(solution, other, training=not training)]
        got = [solution.batchnorm_backward(grad_out, kept) for kept in caches]
        hold_gradients(got[0], one, grad_out, training=training)
        hold_gradients(got[1], other, grad_out, training=not training)


@check(
    "backward-arguments-untouched",
    task="5.2",
    points=2,
    hint="A call changed grad_out or the cache, returned an argument's own memory, or gave another result to the same "
    "call. Operations that end in _ and operators like += work in place.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    for training in (True, False):
        for shape in ((5, 3), (2, 3, 2, 2)):
            grad_out = normal(draw, shape)
            kept = cache(solution, layer(draw, shape), training=training)
            expect.untouched(solution.batchnorm_backward, grad_out, kept)
            expect.repeats(solution.batchnorm_backward, grad_out, kept)


@check(
    "backward-precision",
    task="5.2",
    points=1,
    hint=MEND_FORWARD_FIRST
    + "float32 in, float32 out; float64 in, float64 all the way. Look for .float(), torch.zeros(...) without a dtype "
    "and other places where float32 slips in.",
)
def test_precision_of_the_input_is_kept(solution: Solution, draw: torch.Generator) -> None:
    for training in (True, False):
        given, grad_out = layer(draw, (8, 3)), normal(draw, (8, 3))
        narrow, narrow_grad = given.to(torch.float32), grad_out.to(torch.float32)
        got = backward(solution, narrow, narrow_grad, training=training, eps=0.1)
        hold_gradients(got, narrow, narrow_grad, only=GRADIENTS, rtol=FLOAT32, training=training, eps=0.1)
        follow_back(solution, given, grad_out, training=training, eps=0.1)
