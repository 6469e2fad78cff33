"""The two distributions that weights are drawn from, and what a sample must show to have come from one of them.

Every statistical test below has a bound that a right solution exceeds with the probability p given beside it. The tests
of one check run under a seed of the attempt; if any fails, all of them run once more under another (`twice`), so a
right solution fails a test with p^2: at most 1e-8 for Kolmogorov and Smirnov's test, 5e-11 for those at 4.5 standard
errors. There are fewer than 30 tests of the first kind and 200 of the second, together 3e-7 per attempt.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import SolutionFunction

STANDARD_ERRORS = 4.5  # two-sided p = 6.8e-6
SMIRNOV_P = 1e-4
# float32 rounds the scaled and shifted draw about three times at 6e-8, so a bound may be passed by 2e-7 of itself.
ROUNDING = 1e-6


@dataclass(frozen=True)
class Law:
    """A distribution with mean 0 and standard deviation 1."""

    name: str
    below: Callable[[Tensor], Tensor]
    """The probability of a value below this one."""
    kurtosis: float
    """The mean of the fourth power."""


NORMAL = Law("normal", lambda z: 0.5 * torch.erfc(-z / math.sqrt(2)), 3.0)
UNIFORM = Law("uniform", lambda z: ((z / math.sqrt(3) + 1) / 2).clamp(0, 1), 1.8)


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return PyTorch's fans of a shape."""
    told: tuple[int, int] = torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape, device="meta"))
    return told


def xavier_std(shape: tuple[int, ...], gain: float = 1.0) -> float:
    return gain * math.sqrt(2 / sum(fans(shape)))


def he_std(shape: tuple[int, ...], mode: str = "fan_in") -> float:
    return math.sqrt(2 / fans(shape)[("fan_in", "fan_out").index(mode)])


def wide(draw: torch.Generator) -> tuple[int, int]:
    """Return the shape of a layer with more than twice as many outputs as inputs: about 20000 weights.

    Never three times as many: He's uniform bound for fan_in would be his standard deviation for fan_out.
    """
    return _integer(draw, 210, 230), _integer(draw, 85, 95)


def tall(draw: torch.Generator) -> tuple[int, int]:
    """Return the shape of a layer with more than twice as many inputs as outputs."""
    outputs, inputs = wide(draw)
    return inputs, outputs


def convolution(draw: torch.Generator) -> tuple[int, int, int, int]:
    """Return the shape of a convolution with an oblong kernel: about 20000 weights."""
    return _integer(draw, 48, 52), _integer(draw, 20, 22), 3, _integer(draw, 6, 7)


def seed_of(draw: torch.Generator) -> int:
    return _integer(draw, 1, 2**31 - 2)


def twice(draw: torch.Generator, attempt: Callable[[int], None]) -> None:
    """Make an attempt with a fresh seed, and if an assertion fails one more with another: chance may strike once."""
    expect.twice(lambda: attempt(seed_of(draw)))


def accepts(function: SolutionFunction, shape: tuple[int, ...], **settings: Any) -> Tensor:
    """Return what a function draws with valid settings. Raises `AssertionError` where it refuses them."""
    try:
        drawn: Tensor = function(shape, **settings)
    except ValueError as refused:
        told = ", ".join(f"{name}={value}" for name, value in settings.items())
        raise AssertionError(f"{function.name}({shape}, {told}): {refused}, expected a tensor") from None
    return drawn


def has_moments(sample: Tensor, law: Law, std: float, *, what: str, mean: float = 0.0) -> None:
    """Assert that mean and second moment lie within 4.5 standard errors of the law's."""
    z = _standard(sample, mean, std)
    error = STANDARD_ERRORS / math.sqrt(z.numel())
    expect.close(z.mean(), torch.tensor(0.0), what=f"{what}: (mean - {mean}) / {std:.6g}", atol=error)
    spread = error * math.sqrt(law.kurtosis - 1)
    expect.close(
        z.square().mean(), torch.tensor(1.0), what=f"{what}: second moment / {std:.6g}^2", rtol=0.0, atol=spread
    )


def has_distribution(sample: Tensor, law: Law, std: float, *, what: str, mean: float = 0.0) -> None:
    """Assert that the largest distance between the sample's and the law's distribution function is no surprise.

    Kolmogorov and Smirnov: P(distance > t / sqrt(n)) is at most 2 exp(-2 t^2), so p = 1e-4 is at
    t = sqrt(-ln(p / 2) / 2) = 2.23.
    """
    below = law.below(_standard(sample, mean, std).flatten().sort().values)
    n = below.numel()
    ranks = torch.arange(n + 1, dtype=torch.float64) / n
    distance = float(torch.maximum(ranks[1:] - below, below - ranks[:-1]).max())
    allowed = math.sqrt(-math.log(SMIRNOV_P / 2) / 2 / n)
    assert distance <= allowed, (
        f"{what}: distance {distance:.4g} from {law.name} with std {std:.6g}, {allowed:.4g} allowed"
    )


def has_tails(sample: Tensor, std: float, *, what: str) -> None:
    """Assert that some value of a normal sample lies beyond 3 standard deviations.

    Of 17000 values none does with p = (1 - 0.0027)^17000 = 1e-20. A truncated normal distribution ends at 2.3.
    """
    largest = float(_standard(sample, 0.0, std).abs().max())
    assert largest > 3, f"{what}: the largest of {sample.numel()} values is {largest:.3g} std, expected one beyond 3"


def fills_the_bounds(sample: Tensor, bound: float, *, what: str) -> None:
    """Assert that a uniform sample keeps within [-bound, bound] and comes near both ends.

    Of 17000 values none lies in the outer 0.2 % of one side with p = (1 - 0.001)^17000 = 4e-8, squared by `twice`.
    """
    low, high = float(sample.min()) / bound, float(sample.max()) / bound
    allowed = 1 + ROUNDING
    assert -allowed <= low, f"{what}: least value {low:.6g} of the bound {bound:.6g}"
    assert high <= allowed, f"{what}: largest value {high:.6g} of the bound {bound:.6g}"
    assert low < -0.998, f"{what}: least value {low:.6g} of the bound {bound:.6g}, expected it near -1"
    assert high > 0.998, f"{what}: largest value {high:.6g} of the bound {bound:.6g}, expected it near 1"


def has_independent_neighbours(sample: Tensor, *, what: str) -> None:
    """Assert that neighbours along each dimension are uncorrelated, within 4.5 standard errors of 1 / sqrt(pairs)."""
    z = _by_itself(sample)
    for dim, size in enumerate(sample.shape):
        pairs = z.narrow(dim, 0, size - 1) * z.narrow(dim, 1, size - 1)
        is_uncorrelated(pairs, what=f"{what}: neighbours along dimension {dim}")


def is_uncorrelated(products: Tensor, *, what: str) -> None:
    """Assert that the mean of these products of independent standard values is 0, within 4.5 standard errors."""
    error = STANDARD_ERRORS / math.sqrt(products.numel())
    expect.close(products.mean(), torch.tensor(0.0), what=f"{what}: correlation", atol=error)


def follows_the_seed(function: SolutionFunction, draw: torch.Generator) -> None:
    """Assert that a seed gives the same tensor again, whatever was drawn in between, from a generator of its own."""
    for shape in ((4, 3), (5, 2, 3)):
        seed = seed_of(draw)
        first = expect.draws_by_its_seed(function, shape, seed=seed)
        function((7, 2), seed=seed_of(draw))
        expect.identical(function(shape, seed=seed), first, what=f"shape {shape}, seed {seed}, asked for again")


def differs_by_seed(ask: Callable[[int], Tensor], draw: torch.Generator) -> None:
    """Assert that neighbouring and distant seeds give unrelated tensors."""

    def attempt(seed: int) -> None:
        first = _by_itself(ask(seed))
        for other in (seed + 1, seed_of(draw)):
            second = _by_itself(ask(other))
            is_uncorrelated(first * second, what=f"results for the seeds {seed} and {other}")

    twice(draw, attempt)


def _standard(sample: Tensor, mean: float, std: float) -> Tensor:
    return (sample.double() - mean) / std


def _by_itself(sample: Tensor) -> Tensor:
    """Shift and scale a sample by its own mean and spread: a wrong formula is for other checks to find."""
    return (sample.double() - sample.double().mean()) / sample.double().std()


def _integer(draw: torch.Generator, low: int, high: int) -> int:
    return int(torch.randint(low, high + 1, (), generator=draw))
