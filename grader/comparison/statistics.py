"""The statistics of seed ensembles: is a component that draws at random as good as PyTorch's, no better and no worse?

Each of n paired seeds fixes a problem; on each the reference has R replicates, from which its mean mu_i and variance
s_i^2 on that problem are known. With s_w^2 the mean of the s_i^2 and x_i what the student's run showed on problem i,

    T = mean_i(x_i - mu_i) / (s_w sqrt(1/n + 1/(nR)))         follows Student's law with n (R - 1) degrees of freedom,
    F = sum_i((x_i - mu_i)^2) / (n s_w^2 (1 + 1/R))           follows Fisher's with n and n (R - 1).

Pairing takes the differences between problems out of the comparison: measured, it has three times the power of the
plain two-sample test.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from torch import Tensor

SEEDS = 8
"""Paired seeds of a block: n."""
REPLICATES = 14
"""Runs of the reference on each of them: R."""
PER_BLOCK = 0.002
"""How often a right component may fail a block, over all its statistics together."""

LIMITS = {
    1: (3.3865, 0.0866, 3.8713),
    2: (3.5937, 0.0719, 4.1449),
    3: (3.7112, 0.0646, 4.3055),
    4: (3.7932, 0.0599, 4.4196),
    5: (3.8559, 0.0565, 4.5083),
}
"""By the number of statistics of a block: the limit of |T|, the lower and the upper limit of F, for 8 seeds and 14
replicates. Each statistic has two tests that share PER_BLOCK evenly, each two-sided; a test holds these to scipy."""
WORSE_LIMITS = {1: 2.9437, 2: 3.1705, 3: 3.298}
"""By the number of statistics of a block: the limit of T where only what is worse counts; one test each, one-sided."""


@dataclass(frozen=True)
class Strangeness:
    """A statistic that a right component would not show: what it is called, in words, and how far out it lies."""

    words: str


def strangeness(values: Tensor, replicates: Tensor, names: tuple[str, ...], wider: float = 1.0) -> list[Strangeness]:
    """Return what of a block is not as the reference has it; nothing for a right component, but for PER_BLOCK.

    `values` (n, k) are the student's statistics, one row per seed, `replicates` (n, R, k) the reference's; `names` are
    those of the k statistics. A NaN is always strange. The limits hold for a normal law; for heavier tails they are set
    apart by a factor, `wider`: that of T once, those of F twice, since it is a square.
    """
    t_limit, f_low, f_high = LIMITS[len(names)]
    t_limit, f_low, f_high = t_limit * wider, f_low / wider**2, f_high * wider**2
    found = []
    for place, name in enumerate(names):
        t, f = t_and_f(values[:, place], replicates[:, :, place])
        if not abs(t) <= t_limit:
            side = f"{abs(t):.1f} standard errors {'above' if t > 0 else 'below'} PyTorch's (allowed: {t_limit:.1f})"
            found.append(Strangeness(_endless(name, t) or f"the {name} is {side}"))
        elif not f_low <= f <= f_high:
            side = "more" if f > f_high else "less"
            found.append(
                Strangeness(f"the {name} varies {side} from seed to seed than PyTorch's (variance ratio {f:.2g})")
            )
    return found


def worseness(
    values: Tensor, replicates: Tensor, names: tuple[str, ...], margins: tuple[float, ...]
) -> list[Strangeness]:
    """Return what of a block is worse than the reference's by more than its margin; larger values are worse ones.

    For components that leave a choice to the student: `margins` says for each statistic how much worse, on average, a
    right choice other than the reference's may be. Better is as good. How much the values vary is not looked at, since
    that depends on the choice too. A NaN is always worse.
    """
    limit = WORSE_LIMITS[len(names)]
    found = []
    for place, (name, margin) in enumerate(zip(names, margins, strict=True)):
        t, _ = t_and_f(values[:, place].double() - margin, replicates[:, :, place])
        if not t <= limit:
            side = f"{t:.1f} standard errors above what any good choice has (allowed: {limit:.1f})"
            found.append(Strangeness(_endless(name, t) or f"the {name} is {side}"))
    return found


def t_and_f(values: Tensor, replicates: Tensor) -> tuple[float, float]:
    """Return T and F of one statistic: `values` (n,), `replicates` (n, R)."""
    count, runs = replicates.shape
    off = values.double() - replicates.double().mean(1)
    within = float(replicates.double().var(1).mean())
    if within == 0:  # what never varies must be met exactly
        return (0.0, 1.0) if not bool(off.any()) else (math.inf, math.inf)
    t = float(off.mean()) / math.sqrt(within * (1 / count + 1 / (count * runs)))
    return t, float(off.square().sum()) / (count * within * (1 + 1 / runs))


def _endless(name: str, t: float) -> str:
    """Say in words that a statistic is no number, or infinitely far away: one that never varies is met or missed."""
    if math.isnan(t):
        return f"the {name} is not a number"
    return "" if math.isfinite(t) else f"the {name} is not at all PyTorch's"
