"""What dropout must do with the values under a mask, and what a mask must show to be one coin per element.

Every statistic below is standard normal, or nearly so, where each element is dropped on its own with probability p. A
right solution exceeds 4.5 in size with a probability of 6.8e-6 (up to 3e-5 where a chi-square is only nearly normal).
If one of a check does, all of that check are computed once more under new seeds (`expect.twice`). The checks compute 61
statistics, so a right solution fails an attempt with a probability below (61 * 3e-5)^2 = 4e-6. The mistakes that they
are for exceed 4.5 many times over; with p wrong by 0.01, the rate alone comes to 8.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from grader.judge import expect

RATES = (0.2, 0.7)
"""Never 0.5 alone: there dropping and keeping look the same, and so do dividing by p and by 1 - p."""

BOUND = 4.5

FORMULA = 1e-6
"""Tells a wrong formula from the right one; how many digits are right is the matter of the checks of precision."""

ROUNDINGS = 8
"""How many units in the last place a kept value may differ from x / (1 - p).

Dividing by 1 - p rounds once, multiplying by its inverse twice. In float32 p and 1 - p round too, and p = 0.9 magnifies
that to 2.5 units. Together below 5. All values here are at least a quarter of the largest one, to which `expect.close`
is relative, so none may be off by more than 32 units; a scale in float32 is off by 1e8 units of float64.
"""


def seed_of(draw: torch.Generator) -> int:
    return int(torch.randint(1, 2**31 - 1000, (), generator=draw))


def values(draw: torch.Generator, *shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Return numbers of either sign and of size 0.5 to 2, so that a dropped one can be told by its zero."""
    size = torch.rand(shape, generator=draw, dtype=torch.float64) * 1.5 + 0.5
    sign = torch.randint(0, 2, shape, generator=draw) * 2 - 1
    return (size * sign).to(dtype)


def coins(draw: torch.Generator, *shape: int, p: float) -> Tensor:
    """Return a mask of the judge's own: True with probability 1 - p."""
    return torch.rand(shape, generator=draw) >= p


def passed_on(got: Tensor, given: Tensor, mask: Tensor, p: float, *, what: str) -> None:
    """Assert that `got` is `given` under the mask: divided by 1 - p where True, exactly zero where False."""
    dropped_are_zero(got, mask, what=what)
    kept_are_scaled(got, given, mask, p, what=what)


def dropped_are_zero(got: Tensor, mask: Tensor, *, what: str) -> None:
    left = got[~mask]
    assert bool((left == 0).all()), f"{what} where mask is False: got {left[left != 0][:3].tolist()}, expected zeros"


def kept_are_scaled(got: Tensor, given: Tensor, mask: Tensor, p: float, *, what: str, rtol: float = FORMULA) -> None:
    expect.close(got[mask], given[mask].double() / (1 - p), what=f"{what} where mask is True, p={p}", rtol=rtol)


def to_the_last_digits(got: Tensor, given: Tensor, mask: Tensor, p: float, *, what: str) -> None:
    kept_are_scaled(got, given, mask, p, what=what, rtol=ROUNDINGS * torch.finfo(given.dtype).eps)


def looks_like_coins(mask: Tensor, p: float) -> None:
    """Assert the number of kept elements of a mask, and that no group of elements shares a fate.

    Groups are all ways to fix some of the indices: the rows and columns of a matrix; the samples, channels, maps and
    positions of a batch of images. Beside that, neighbours along every dimension.
    """
    expected_rate(mask, p)
    for fixed in _groups(mask.dim()):
        others = [dimension for dimension in range(mask.dim()) if dimension not in fixed]
        counts = mask.sum(dim=others)
        spread(counts, mask.numel() // counts.numel(), p, what=f"of elements that share the indices {list(fixed)}")
    for dimension in range(mask.dim()):
        for lag in (1, 2):
            size = mask.shape[dimension] - lag
            left, right = mask.narrow(dimension, 0, size), mask.narrow(dimension, lag, size)
            unrelated(left, right, p, what=f"elements {lag} apart along dimension {dimension}")


def expected_rate(mask: Tensor, p: float) -> None:
    kept, n = int(mask.sum()), mask.numel()
    _plausible((kept - n * (1 - p)) / math.sqrt(n * p * (1 - p)), f"{kept} of {n} elements kept with p={p}")


def spread(counts: Tensor, n: int, p: float, *, what: str) -> None:
    """Assert that numbers of kept elements, each among n, vary as binomial ones do: neither more nor less."""
    degrees = counts.numel()
    square = float(((counts.double() - n * (1 - p)) ** 2).sum()) / (n * p * (1 - p))
    # Wilson and Hilferty: the cube root of a chi-square is nearly normal.
    z = ((square / degrees) ** (1 / 3) - (1 - 2 / (9 * degrees))) / math.sqrt(2 / (9 * degrees))
    _plausible(z, f"the {degrees} numbers kept among {n} {what}, p={p}: squared deviation {square:.4g}")


def unrelated(left: Tensor, right: Tensor, p: float, *, what: str) -> None:
    """Assert that two masks, or two parts of one, have nothing to do with each other."""
    together = float(((left.double() - (1 - p)) * (right.double() - (1 - p))).sum())
    _plausible(together / (p * (1 - p) * math.sqrt(left.numel())), f"{what}, p={p}: correlated")


def all_different(masks: Sequence[Tensor], names: Sequence[str], p: float) -> None:
    """Assert that no two masks of different seeds have anything to do with each other."""
    for place, mask in enumerate(masks):
        for other in range(place):
            unrelated(masks[other], mask, p, what=f"the masks of {names[other]} and {names[place]}")


def _groups(dimensions: int) -> list[tuple[int, ...]]:
    """Return every choice of some dimensions but not all."""
    chosen = [tuple(d for d in range(dimensions) if bits >> d & 1) for bits in range(1, 2**dimensions - 1)]
    return sorted(chosen, key=lambda group: (len(group), group))


def _plausible(z: float, what: str) -> None:
    assert abs(z) <= BOUND, f"{what}: {z:.1f} standard errors from what independent coins give (allowed {BOUND})"
