"""Facts about one function that tell the known wrong solutions apart from each other and from the right one.

Two solutions that draw from the same distribution need not draw the same numbers, so what is told of a sample is which
of several known values its spread, mean and kurtosis are nearest to. These lie at least 5 % apart and the samples have
20000 elements: a standard error is half a percent.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor

from grader.judge import facts
from grader.judge.facts import Fact
from grader.judge.faults import SolutionFault
from grader.judge.suite import Solution, SolutionFunction

LINEAR = (230, 90)
CONVOLUTION = (50, 21, 3, 7)
KERNEL = 21
NEAR = 0.03
KURTOSES = (1.8, 2.36, 3.0)
"""Of the uniform distribution, of the normal one cut off at two standard deviations, and of the normal one."""


def probe(function: str, solution: Solution) -> list[Fact]:
    """Call `solution.<function>` on fixed inputs (at most 20 calls) and return what it did, always in this order.

    Weights that are copies of each other are too few for statistics: they have nothing further to be compared by.
    """
    asked: SolutionFunction = getattr(solution, function)
    if function == "fan_in_and_fan_out":
        return fans(asked)
    if function == "standardize":
        return standardized(asked)
    sample = facts.of_call(asked, LINEAR, seed=1)[0]
    if isinstance(sample, Tensor) and are_copies(sample):
        return ["neighbouring weights are copies of each other"]
    return [nearest(kurtosis(sample), KURTOSES, near=0.1), *seeds(asked), *LAWS[function](asked, sample)]


def fans(function: SolutionFunction) -> list[Fact]:
    """Return both fans of several shapes, to the last digit."""
    shapes = ((7, 3), (5, 3, 4), (5, 3, 2, 4), (5, 3, 2, 4, 6), (3, 2000003, 3, 3))
    values = [facts.of_call(function, shape) for shape in shapes]
    counted = [fact if isinstance(fact, str) else f"{int(fact)}" for found in values for fact in found]
    return [*counted, facts.refusal(function, (7,)), facts.refusal(function, ())]


def normal(function: SolutionFunction, sample: Fact) -> list[Fact]:
    """Tell the spread by default, mean and spread for others, which shapes are drawn, and what is refused."""
    moved = facts.of_call(function, LINEAR, mean=3.0, std=0.5, seed=2)[0]
    return [
        # 0.88 is the spread of the normal distribution when it is cut off at 2.
        nearest(spread(sample), (0.01, 0.1, 1e-4, 1.0, 0.01 / math.sqrt(12), 0.0088)),
        nearest(spread(moved), (0.5, math.sqrt(0.5), 0.25, 1.0, 0.5 / math.sqrt(12), 0.44)),
        nearest(mean(moved), (3.0, 0.0, 1.5, 3.25)),
        *(form(facts.of_call(function, shape, seed=3)[0]) for shape in ((), (5,), (0, 3), (2, 3, 4))),
        facts.refusal(function, (4, 3), std=-0.1, seed=4),
        facts.refusal(function, (4, 3), std=0.0, seed=4),
    ]


def xavier(function: SolutionFunction, sample: Fact) -> list[Fact]:
    """Tell the spread of two layers, the effect of a gain, and what is refused."""
    tripled = facts.of_call(function, LINEAR, gain=3.0, seed=2)[0]
    return [
        nearest(centre(sample), (0.0, math.sqrt(3)), near=0.1),
        *(nearest(found, xavier_spreads(shape)) for shape, found in spreads(function, sample)),
        nearest(quotient(spread(tripled), spread(sample)), (3.0, 1.0, math.sqrt(3), 9.0)),
        facts.refusal(function, (4, 3), gain=-0.5, seed=4),
        facts.refusal(function, (4, 3), gain=0.0, seed=4),
        facts.refusal(function, (7,), seed=4),
    ]


def he(function: SolutionFunction, sample: Fact) -> list[Fact]:
    """Tell the spread of two layers, the effect of the mode on both, and what is refused."""
    modes = []
    for shape, found in spreads(function, sample):
        other = facts.of_call(function, shape, mode="fan_out", seed=2)[0]
        ratio = math.sqrt(shape[1] / shape[0])
        modes.append(nearest(quotient(spread(other), found), (ratio, 1.0, 1 / ratio)))
    return [
        nearest(centre(sample), (0.0, math.sqrt(3)), near=0.1),
        *(nearest(found, he_spreads(shape)) for shape, found in spreads(function, sample)),
        *modes,
        facts.refusal(function, (4, 3), mode="fan_avg", seed=4),
        facts.refusal(function, (7,), seed=4),
    ]


LAWS = {
    "random_normal": normal,
    "xavier_uniform": xavier,
    "xavier_normal": xavier,
    "he_uniform": he,
    "he_normal": he,
}


def xavier_spreads(shape: tuple[int, ...]) -> list[float]:
    """Return the standard deviations that right and wrong formulas have for a shape."""
    kernel = math.prod(shape[2:])
    fan_in, both = shape[1] * kernel, (shape[0] + shape[1]) * kernel
    variances = [c / both for c in (2, 2 / 3, 1 / 2, 6, 1, 1.548)]
    variances += [1 / fan_in, 2 / fan_in, 2 / both**2, 4 / both**2]
    variances += [2 * kernel / both] if kernel > 1 else []
    return [math.sqrt(variance) for variance in variances]


def he_spreads(shape: tuple[int, ...]) -> list[float]:
    """Return the standard deviations that right and wrong formulas have for a shape."""
    kernel = math.prod(shape[2:])
    fan_in, fan_out = shape[1] * kernel, shape[0] * kernel
    variances = [c / fan_in for c in (2, 2 / 3, 1 / 2, 1, 1 / 3, 4, 6, 1.548)]
    variances += [2 / fan_out, 2 / (fan_in + fan_out), 4 / fan_in**2]
    variances += [2 * kernel / fan_in] if kernel > 1 else []
    return [math.sqrt(variance) for variance in variances]


def spreads(function: SolutionFunction, sample: Fact) -> list[tuple[tuple[int, ...], float | str]]:
    """Return the spread for each of the two shapes."""
    return [
        (LINEAR, spread(sample)),
        (CONVOLUTION, spread(facts.of_call(function, CONVOLUTION, seed=1)[0])),
    ]


def seeds(function: SolutionFunction) -> list[Fact]:
    """Say whether a seed gives the same again, and whether two seeds give the same."""
    first, meanwhile, again = (facts.of_call(function, (4, 3), seed=seed)[0] for seed in (5, 6, 5))
    return [
        f"the same seed gives the same: {are_equal(first, again)}",
        f"another seed gives the same: {are_equal(first, meanwhile)}",
        source(function),
    ]


def source(function: SolutionFunction) -> Fact:
    """Say whether a call touches torch's global generator."""
    try:
        seen = function.observe((4, 3), seed=7)  # not the last one: who seeds with it again changes nothing
    except SolutionFault:
        return "raises"
    return "global generator" if seen.drew_globally else "a generator of its own"


def are_equal(one: Fact, other: Fact) -> bool:
    return torch.equal(one, other) if isinstance(one, Tensor) and isinstance(other, Tensor) else one == other


def are_copies(sample: Tensor) -> bool:
    return bool(torch.isclose(sample[1:], sample[:-1]).double().mean() > 0.5) or bool(
        torch.isclose(sample[:, 1:], sample[:, :-1]).double().mean() > 0.5
    )


def spread(sample: Fact) -> float | str:
    return sample if isinstance(sample, str) else float(sample.double().std())


def mean(sample: Fact) -> float | str:
    return sample if isinstance(sample, str) else float(sample.double().mean())


def centre(sample: Fact) -> float | str:
    """Return the mean, in standard deviations."""
    return sample if isinstance(sample, str) else float(sample.double().mean() / sample.double().std())


def kurtosis(sample: Fact) -> float | str:
    if isinstance(sample, str):
        return sample
    deviations = sample.double() - sample.double().mean()
    return float(deviations.pow(4).mean() / deviations.square().mean() ** 2)


def quotient(one: float | str, other: float | str) -> float | str:
    if isinstance(one, str) or isinstance(other, str):
        return one if isinstance(one, str) else other
    return one / other if other else math.nan


def nearest(value: float | str, known: Iterable[float], *, near: float = NEAR) -> str:
    """Say which known value is meant: one within `near` of it, relative to its size or, for zero, absolute."""
    if isinstance(value, str):
        return value
    for one in known:
        if abs(value - one) <= near * (abs(one) or 1):
            return f"{one:.4g}"
    return "another value"


def form(sample: Fact) -> str:
    return sample if isinstance(sample, str) else "a tensor of the shape asked for"


def standardized(function: SolutionFunction) -> list[Fact]:
    """Return the three results for matrices that each show one kind of mistake, and what became of the argument."""
    plain = _tensor([[1.0, -4.0, 0.5], [2.0, 8.0, 0.25], [6.0, -1.0, 3.0], [0.5, 2.0, -1.0]])
    deep = torch.stack([plain, 2 * plain.flip(0) + 1, plain**2], dim=2)
    constant = torch.cat([plain[:3, :1], _tensor([[0.1, 2.0]] * 3)], dim=1)
    return [
        *facts.of_call(function, plain),
        *facts.of_call(function, deep),
        *(of_constants(facts.of_call(function, constant))),
        *of_constants(facts.of_call(function, _tensor([[3.0, -2.0]]))),
        *facts.of_call(function, plain * 1e-10),
        *digits(function, plain / 3 + 1e6, kept=1e-7),
        *digits(function, plain / 3, kept=1e-11),
        *facts.purity(function, plain),
    ]


def of_constants(found: list[Fact]) -> list[Fact]:
    """Round away what rounding leaves of zero."""
    return [fact if isinstance(fact, str) else fact.masked_fill(fact.abs() < 1e-12, 0.0) for fact in found]


def digits(function: SolutionFunction, x: Tensor, *, kept: float) -> list[Fact]:
    """Say of each result that is about right whether its relative error is below `kept`."""
    std, centre = torch.std_mean(x, dim=0, correction=0)
    told: list[Fact] = []
    for fact, right in zip(facts.of_call(function, x), ((x - centre) / std, centre, std), strict=True):
        if isinstance(fact, str):
            told.append(fact)
            continue
        error = float((fact - right).abs().max() / right.abs().max())
        told.append("loses digits" if kept < error < 1e-2 else "keeps its digits")
    return told


def _tensor(values: list[list[float]]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)
