"""Facts about one function that tell the known wrong solutions apart from each other and from the right one.

A fact is a tensor (compared at a relative 1e-6) or a sentence (compared as it is). Each fact isolates one kind of
mistake as far as it can: shapes, scales, purity and refusals have facts of their own.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from grader.judge import facts
from grader.judge.facts import Fact
from grader.judge.faults import ResultRefused, SolutionRaised
from grader.judge.suite import Solution, SolutionFunction, Step


def probe(function: str, solution: Solution) -> list[Fact]:
    """Call `solution.<function>` on fixed inputs and return what it did, always in this order."""
    return _PROBES[function](getattr(solution, function))


def numbers(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def uneven(*shape: int, start: float = 0.3) -> Tensor:
    """Return fixed numbers of both signs that float32 does not hold exactly."""
    return torch.sin(torch.arange(math.prod(shape), dtype=torch.float64) * 1.7 + start).reshape(shape) * 2


def digits(function: SolutionFunction, *args: Any, only: slice = slice(None), **kwargs: Any) -> str:
    """Say whether all that comes back for float64 could have been float32; `only` says which values to look at."""
    try:
        result = function(*args, **kwargs)
    except (SolutionRaised, ResultRefused):
        return "no digits to look at"
    held = [value for values in result[only] for value in (values if isinstance(values, list) else [values])]
    flat = torch.cat([tensor.double().flatten() for tensor in held])
    return "float32's digits" if torch.equal(flat, flat.float().double()) else "float64's digits"


def _of_mse_loss(mse: SolutionFunction) -> list[Fact]:
    return [
        *facts.of_call(mse, uneven(5), uneven(5, start=1.0)),
        *facts.of_call(mse, uneven(3, 2), uneven(3, 2, start=1.0)),
        *facts.of_call(mse, uneven(2, 4).t(), uneven(4, 2, start=1.0)),
        *facts.purity(mse, uneven(5), uneven(5, start=1.0)),
        facts.refusal(mse, uneven(4, 1), uneven(4)),
        digits(mse, uneven(5), uneven(5, start=1.0)),
    ]


def _of_cross_entropy_loss(cross_entropy: SolutionFunction) -> list[Fact]:
    labels = torch.tensor([0, 2, 1])
    apart = numbers(0.0, -2000.0, -4000.0).unsqueeze(1)
    return [
        *facts.of_call(cross_entropy, uneven(3, 4), labels),
        # One row's right class is far below, and the maximum is the same in all rows.
        *facts.of_call(cross_entropy, torch.tensor([[1e4, -1e4, 0.0], [1e4, 5.0, -1e4]]).double(), labels[:2]),
        *facts.of_call(cross_entropy, uneven(3, 4) + apart, labels),
        *facts.of_call(cross_entropy, numbers(0.0, 100.0, 50.0, 0.0, 60.0, -50.0).reshape(2, 3), labels[:2]),
        *facts.of_call(cross_entropy, uneven(1, 3), labels[1:2]),
        *facts.of_call(cross_entropy, uneven(4, 3).t(), labels),
        *facts.purity(cross_entropy, uneven(3, 4), labels),
        facts.refusal(cross_entropy, uneven(3, 4), torch.tensor([0, -1, 2])),
        digits(cross_entropy, uneven(3, 4), labels),
    ]


def _of_gradient_descent_step(step: SolutionFunction) -> list[Fact]:
    param, grad = uneven(3), numbers(0.5, -4.0, 0.01)
    zero = torch.zeros(3, dtype=torch.float64)
    return [
        *facts.of_call(step, zero, grad, lr=0.3),
        *facts.of_call(step, zero, grad, lr=0.01),
        *facts.of_call(step, param, grad, lr=20.0),
        *facts.of_call(step, param, grad, lr=0.0),
        *facts.of_call(step, param[0], grad[0], lr=0.3),
        *facts.purity(step, param, grad, lr=0.3),
        facts.refusal(step, param, grad, lr=-0.3),
        digits(step, zero, torch.ones(3, dtype=torch.float64), lr=0.3),
    ]


def _of_clip_by_global_norm(clip: SolutionFunction) -> list[Fact]:
    grads = [uneven(3), uneven(2, 2, start=1.0)]
    transposed = [uneven(2, 3).t(), uneven(2, start=1.0)]
    zeros = [torch.zeros(2, dtype=torch.float64)]
    return [
        *facts.of_call(clip, grads, max_norm=0.5),
        *facts.of_call(clip, grads, max_norm=50.0),
        *facts.of_call(clip, [numbers(3e-3), numbers(4e-3)], max_norm=4e-3),  # where an added 1e-6 shows
        *facts.of_call(clip, transposed, max_norm=0.5),
        *facts.of_call(clip, zeros, max_norm=0.0),
        *facts.of_call(clip, grads, max_norm=math.inf),
        *facts.purity(clip, grads, max_norm=0.5),
        facts.refusal(clip, grads, max_norm=-1.0),
        digits(clip, grads, only=slice(1, 2), max_norm=50.0),  # of the norm
    ]


def _of_minibatches(minibatches: SolutionFunction) -> list[Fact]:
    """Every fact is one that does not depend on which permutations a generator makes of a seed."""
    sizes = [(12, 5), (10, 5), (6, 7), (14, 5), (3, 1)]
    plain = _epochs(minibatches, [Step(size, {"seed": 1}) for size in sizes])
    dropping = _epochs(minibatches, [Step(size, {"seed": 1, "drop_last": True}) for size in sizes])
    even = _epochs(minibatches, [Step((12, 4), {"seed": seed}) for seed in [*range(30), 0]])
    left = _epochs(minibatches, [Step((5, 2), {"seed": seed, "drop_last": True}) for seed in range(40)])
    return [
        f"sizes {[[len(batch) for batch in batches] for batches in plain]}",
        f"sizes with drop_last {[[len(batch) for batch in batches] for batches in dropping]}",
        _indices_found(_epochs(minibatches, [Step((48, 5), {"seed": 1})])[0], 48),
        "repeats itself" if even[0] == even[-1] else "does not repeat itself",
        "one order for all seeds" if len({str(batches) for batches in even}) == 1 else "several orders",
        *_habits(even),
        _left_out(left, 5),
        _use_of_the_global_generator(minibatches),
        *(facts.refusal(minibatches, *size, seed=0) for size in ((5, 0), (0, 5))),
    ]


def _epochs(minibatches: SolutionFunction, calls: Sequence[Step]) -> list[list[list[int]]]:
    return [[batch.tolist() for batch in batches] for batches in minibatches.many(calls)]


def _indices_found(batches: list[list[int]], num_samples: int) -> str:
    indices = [index for batch in batches for index in batch]
    twice = "some occur twice" if len(set(indices)) < len(indices) else "none occurs twice"
    foreign = "some are foreign" if not set(indices) <= set(range(num_samples)) else "none is foreign"
    return f"{len(indices)} of {num_samples} indices, {twice}, {foreign}"


def _habits(epochs: Sequence[list[list[int]]]) -> list[Fact]:
    """Say what all epochs have in common, as far as it is no chance."""
    orders = [[index for batch in batches for index in batch] for batches in epochs]
    same_sets = len({frozenset(frozenset(batch) for batch in batches) for batches in epochs}) == 1
    in_order = all(order == sorted(order) for order in orders)
    rising = all(batch == sorted(batch) for batches in epochs for batch in batches)
    neighbours = all((after - before) % 12 == 1 for order in orders for before, after in itertools.pairwise(order))
    return [
        "the same samples always share a batch" if same_sets else "samples share batches by chance",
        "samples in their own order" if in_order else "samples in some order",
        "rising within each batch" if rising else "mixed within the batches",
        "neighbours stay together" if neighbours else "neighbours are parted",
    ]


def _left_out(epochs: Sequence[list[list[int]]], num_samples: int) -> str:
    left_out = {
        tuple(sorted(set(range(num_samples)) - {index for batch in epoch for index in batch})) for epoch in epochs
    }
    if left_out == {()}:
        return "no sample is left out"
    return "always the same samples are left out" if len(left_out) == 1 else "now these are left out, now those"


def _use_of_the_global_generator(minibatches: SolutionFunction) -> str:
    seen = minibatches.observe(20, 6, seed=5)
    return "uses torch's generator" if seen.drew_globally else "leaves torch's generator alone"


def _of_fit_linear(fit: SolutionFunction) -> list[Fact]:
    x, y = uneven(6, 2), uneven(6, start=1.0) + 1
    return [
        *facts.of_call(fit, x, y, lr=0.05, num_steps=1),
        *facts.of_call(fit, x, y, lr=0.05, num_steps=3),
        *facts.of_call(fit, x, y, lr=0.2, num_steps=300),
        *facts.of_call(fit, x, y, lr=2.0, num_steps=5),
        *facts.of_call(fit, x, y, lr=0.05, num_steps=0),
        *facts.purity(fit, x, y, lr=0.05, num_steps=1),
        facts.refusal(fit, x, y, lr=-0.1, num_steps=1),
        facts.refusal(fit, x, y, lr=0.1, num_steps=-1),
        digits(fit, x, y, lr=0.05, num_steps=2),
    ]


_PROBES: dict[str, Callable[[SolutionFunction], list[Fact]]] = {
    "mse_loss": _of_mse_loss,
    "cross_entropy_loss": _of_cross_entropy_loss,
    "gradient_descent_step": _of_gradient_descent_step,
    "clip_by_global_norm": _of_clip_by_global_norm,
    "minibatches": _of_minibatches,
    "fit_linear": _of_fit_linear,
}
