"""Checks of task 4.1, `fan_in_and_fan_out`."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch

from grader.judge import expect
from grader.judge.suite import Solution, check
from grader.suites.initializers.laws import fans


def counts(solution: Solution, *shapes: tuple[int, ...]) -> None:
    """Assert that the fans of each shape are PyTorch's."""
    for shape in shapes:
        got, wanted = solution.fan_in_and_fan_out(shape), fans(shape)
        assert tuple(got) == wanted, f"fan_in_and_fan_out({shape}): got {tuple(got)}, expected {wanted}"


def sizes(draw: torch.Generator, count: int) -> list[int]:
    """Return different sizes from 2 to 12, so that no two places of a shape can be mistaken for each other."""
    return [int(size) + 2 for size in torch.randperm(11, generator=draw)[:count]]


@check(
    "fans-linear",
    task="4.1",
    points=2,
    hint="The weight of a fully connected layer has the shape (out, in), outputs first. fan_in is returned first.",
)
def test_fully_connected_layers(solution: Solution, draw: torch.Generator) -> None:
    out, into = sizes(draw, 2)
    counts(solution, (out, into), (50 * out, into), (out, 50 * into), (1, into), (out, 1))


@check(
    "fans-convolution-1d",
    task="4.1",
    points=2,
    hint="A weight of shape (out, in, k): each output sums k values of every input channel. README, section 'Fans'.",
)
def test_convolutions_in_one_dimension(solution: Solution, draw: torch.Generator) -> None:
    out, into, kernel = sizes(draw, 3)
    counts(solution, (out, into, kernel), (out, into, 1), (out, 1, kernel), (1, into, kernel))


@check(
    "fans-convolution-2d",
    task="4.1",
    points=3,
    hint="A weight of shape (out, in, height, width): both fans are multiplied by all elements of the kernel, and the "
    "kernel need not be square.",
)
def test_convolutions_in_two_dimensions(solution: Solution, draw: torch.Generator) -> None:
    out, into, height, width = sizes(draw, 4)
    counts(solution, (out, into, height, width), (out, into, 1, width), (out, into, height, 1), (out, 1, 3, 5))


@check(
    "fans-more-dimensions",
    task="4.1",
    points=1,
    hint="Convolutions over volumes have three kernel dimensions, and more are possible: take the product of all of "
    "them.",
)
def test_kernels_of_any_dimension(solution: Solution, draw: torch.Generator) -> None:
    counts(solution, tuple(sizes(draw, 5)), tuple(sizes(draw, 6)))


@check(
    "fans-large",
    task="4.1",
    points=1,
    hint="Fans are counts: whole numbers, exact however large the layer is. float32 has 24 bits.",
)
def test_large_layers_are_counted_exactly(solution: Solution, draw: torch.Generator) -> None:
    odd = 2 * int(torch.randint(10**6, 2 * 10**6, (), generator=draw)) + 1
    counts(solution, (50257, odd, 3, 3), (odd, 50257, 3, 3))


@check(
    "fans-too-few-dimensions",
    task="4.1",
    points=1,
    hint="A shape with fewer than two dimensions has no fans: raise ValueError, as the docstring says.",
)
def test_fewer_than_two_dimensions_are_refused(solution: Solution) -> None:
    expect.refuses(solution.fan_in_and_fan_out, (7,))
    expect.refuses(solution.fan_in_and_fan_out, ())
