"""Facts about one function that tell the known wrong solutions apart from each other and from the right one.

Each group of facts isolates one kind of mistake as far as it can: with weight 1 and bias 0 nothing can be forgotten,
with momentum 0.5 nothing can be swapped, with a tiny eps its place does not matter.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from grader.judge import facts
from grader.judge.facts import Fact
from grader.judge.faults import SolutionFault
from grader.judge.suite import Solution

TINY = 1e-12


def probe(function: str, solution: Solution) -> list[Fact]:
    """Call `solution.<function>` on fixed inputs (at most 40 calls) and return what it did, always in this order.

    A function that gives another result to the same call has nothing further to be compared by.
    """
    return _of_forward(solution) if function == "batchnorm_forward" else _of_backward(solution)


def _of_forward(solution: Solution) -> list[Fact]:
    def call(*given: Tensor, training: bool = True, momentum: float = 0.5, **settings: float) -> list[Fact]:
        return facts.of_call(solution.batchnorm_forward, *given, training=training, momentum=momentum, **settings)

    def refusal(*given: Tensor, training: bool = True, **settings: float) -> str:
        return facts.refusal(solution.batchnorm_forward, *given, training=training, **settings)

    vectors, images = _layer((5, 3)), _layer((2, 3, 2, 3))
    first, _, again = call(*vectors), call(*_layer((5, 3), weight=2.0)), call(*vectors)
    if not _alike(first, again):
        return ["the same call gives another result the second time"]
    x, *_ = vectors
    return [
        *call(*vectors, eps=TINY),
        *call(*_layer((5, 3), weight=3.0, bias=0.5), eps=TINY),
        *call(*vectors, eps=0.5),
        *call(*vectors, eps=TINY, momentum=0.2),
        *call(*_scaled(vectors, 0.003)),
        *facts.of_call(solution.batchnorm_forward, *vectors, training=True, eps=TINY),
        *call(*images, eps=TINY),
        *call(*_layer((1, 3, 2, 3)), eps=TINY),
        *call(*vectors, training=False, eps=TINY),
        *call(*images, training=False, eps=TINY),
        *call(*_layer((1, 3)), training=False, eps=TINY),
        *call(torch.full_like(x, 0.75), *vectors[1:], eps=0.25),
        *call(x + 2.0**20, *vectors[1:]),
        refusal(*_layer((1, 3))),
        refusal(*_layer((1, 3, 1, 1))),
        refusal(*vectors, eps=-0.1),
        refusal(*vectors, eps=0.0),
        refusal(*vectors, momentum=-0.1),
        refusal(*vectors, momentum=1.1),
        *facts.purity(solution.batchnorm_forward, *vectors, training=True),
        _digits_of_out(solution),
    ]


def _of_backward(solution: Solution) -> list[Fact]:
    def back(given: tuple[Tensor, ...], grad_out: Tensor, **settings: Any) -> list[Fact]:
        cache = solution.batchnorm_forward(*given, **settings)[3]
        return facts.of_call(solution.batchnorm_backward, grad_out, cache)

    vectors, images = _layer((5, 3)), _layer((2, 3, 2, 3))
    upstream, upstream_of_images = _waves((5, 3), 2.3), _waves((2, 3, 2, 3), 2.3)
    cache = solution.batchnorm_forward(*vectors, training=True)[3]
    solution.batchnorm_forward(*_layer((5, 3), weight=2.0, bias=1.0), training=False)
    return [
        *facts.of_call(solution.batchnorm_backward, upstream, cache),
        *back(vectors, upstream, training=True, eps=TINY),
        *back(_layer((5, 3), weight=3.0, bias=0.5), upstream, training=True, eps=TINY),
        *back(_scaled(vectors, 0.1), upstream, training=True, eps=0.5),
        *back(images, upstream_of_images, training=True, eps=TINY),
        *back(vectors, upstream, training=False, eps=TINY),
        *back(images, upstream_of_images, training=False, eps=TINY),
        *_purity_of_backward(solution, upstream),
        _digits_of_grad(solution),
    ]


def _purity_of_backward(solution: Solution, grad_out: Tensor) -> list[Fact]:
    cache = solution.batchnorm_forward(*_layer((5, 3), weight=3.0), training=True)[3]
    return facts.purity(solution.batchnorm_backward, grad_out, cache)


def _digits_of_out(solution: Solution) -> str:
    """Say whether a third comes back from evaluation with all its digits."""
    third, one, zero = (
        torch.full(size, fill, dtype=torch.float64) for size, fill in (((2, 1), 1 / 3), ((1,), 1), ((1,), 0))
    )
    try:
        out = solution.batchnorm_forward(third, one, zero, zero, one, training=False, eps=1e-30)[0]
    except SolutionFault:
        return "no digits"
    return _digits(out, 1 / 3)


def _digits_of_grad(solution: Solution) -> str:
    third, one, zero = (
        torch.full(size, fill, dtype=torch.float64) for size, fill in (((2, 1), 1 / 3), ((1,), 1), ((1,), 0))
    )
    try:
        cache = solution.batchnorm_forward(third, one, zero, zero, one, training=False, eps=1e-30)[3]
        grad_x = solution.batchnorm_backward(third, cache)[0]
    except SolutionFault:
        return "no digits"
    return _digits(grad_x, 1 / 3)


def _digits(found: Tensor, whole: float) -> str:
    lost = (found - whole).abs().max()
    return "float64 loses digits" if TINY < lost < 1e-6 else "float64 keeps its digits"


def _alike(one: list[Fact], other: list[Fact]) -> bool:
    pairs = zip(one, other, strict=True)
    return all(
        torch.equal(left.nan_to_num(), right.nan_to_num())
        if isinstance(left, Tensor) and isinstance(right, Tensor)
        else isinstance(left, str) and left == right
        for left, right in pairs
    )


def _layer(shape: tuple[int, ...], *, weight: float = 1.0, bias: float = 0.0) -> tuple[Tensor, ...]:
    """Return x, weight, bias, running_mean and running_var: fixed numbers, no two channels alike."""
    steps = torch.arange(shape[1], dtype=torch.float64)
    return _waves(shape, 1.7) + 0.5, weight + 0 * steps, bias * (1 + steps), 0.2 - 0.1 * steps, 1.5 + 0.5 * steps


def _scaled(given: tuple[Tensor, ...], factor: float) -> tuple[Tensor, ...]:
    return (given[0] * factor, *given[1:])


def _waves(shape: tuple[int, ...], frequency: float) -> Tensor:
    count = torch.Size(shape).numel()
    return (1.5 * torch.sin(frequency * torch.arange(1, count + 1, dtype=torch.float64) ** 1.1)).reshape(shape)
