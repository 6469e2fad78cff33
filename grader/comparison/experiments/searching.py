"""Bayesian optimisation: the judge tries one place after another and asks what a model promises of the others.

The judge owns the function, the places that may be tried and the choice of the next one. A solution is asked for the
model (mean and standard deviation at every place), or for the expected improvement, while the judge does the other half
itself. All in float64, on the CPU.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from grader.comparison.run import Run

Posterior = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
"""From points (N, D), their values (N,) and other points (M, D) to mean and standard deviation there, (M,) each."""
Questions = list[tuple[Tensor, Tensor, float]]
Improvement = Callable[[Questions], list[Tensor]]
"""From questions (mean (M,), standard deviation (M,), best value) to the expected improvement (M,) of each."""

NEXT = "the next place"
"""Under this name a state says which place was tried next; a twin is not asked for it."""
_PROMISING = 1e-3
"""A search for improvements ends when no place promises as much: what is left is rounding in the tails."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Search:
    """What is searched: places (M, D) with their values (M,), lower is better, and how the model is set."""

    places: Tensor
    heights: Tensor
    first: int
    """So many places, drawn at random from the worse half, are tried before the model is asked."""
    trials: int
    length_scale: float
    noise: float
    repeated: int = 0
    """So many of the first places are tried twice."""
    disturbed: float = 0.0
    """The standard deviation of the noise that every measured value has."""

    @property
    def posterior(self) -> Posterior:
        """The judge's own model."""
        return gaussian_process(self.length_scale, self.noise)


class Trials:
    """What has been tried so far. A place is not tried again, but for the first ones where the search says so."""

    def __init__(self, search: Search, draw: torch.Generator) -> None:
        self._search = search
        worse = (search.heights > search.heights.median()).nonzero().squeeze(1)
        first = worse[torch.randperm(len(worse), generator=draw)[: search.first]].tolist()
        self._errors = search.disturbed * torch.randn(len(search.places), generator=draw, dtype=torch.float64)
        self.rows: list[int] = []
        self._values: list[float] = []
        for row in [*first, *first[: search.repeated]]:
            self.measure(row)

    @property
    def x(self) -> Tensor:
        """The places, (N, D)."""
        return self._search.places[self.rows]

    @property
    def y(self) -> Tensor:
        """What was measured there, (N,)."""
        return torch.tensor(self._values, dtype=torch.float64)

    @property
    def best(self) -> float:
        """The lowest value so far."""
        return min(self._values)

    def measure(self, row: int) -> None:
        """Try a place."""
        self._values.append(float(self._search.heights[row] + self._errors[len(self.rows)]))
        self.rows.append(row)

    def most_promising(self, promises: Tensor) -> int:
        """Return the place, of those not tried yet, that promises most; NaN counts as more than anything."""
        open_ones = promises.clone()
        open_ones[self.rows] = -math.inf
        return int(open_ones.argmax())


def gaussian_process(length_scale: float, noise: float) -> Posterior:
    """Return the model by Cholesky's factors (Rasmussen and Williams 2006, algorithm 2.1)."""

    def kernel(one: Tensor, other: Tensor) -> Tensor:
        squares = (one.unsqueeze(1) - other.unsqueeze(0)).square().sum(2)
        return (-squares / (2 * length_scale**2)).exp()

    def posterior(x_train: Tensor, y_train: Tensor, x_query: Tensor) -> tuple[Tensor, Tensor]:
        factor = torch.linalg.cholesky(kernel(x_train, x_train) + noise * torch.eye(len(x_train), dtype=x_train.dtype))
        across = kernel(x_train, x_query)
        mean = (across.T @ torch.cholesky_solve(y_train.unsqueeze(1), factor)).squeeze(1)
        known = torch.linalg.solve_triangular(factor, across, upper=False).square().sum(0)
        return mean, (1 - known).clamp(min=0).sqrt()

    return posterior


def expected_improvement(mean: Tensor, std: Tensor, best: float) -> Tensor:
    """Return the expected improvement below `best` (Jones, Schonlau and Welch 1998)."""
    gain = best - mean
    z = gain / torch.where(std > 0, std, 1.0)
    density = (-z.square() / 2).exp() / math.sqrt(2 * math.pi)
    return torch.where(std > 0, gain * torch.special.ndtr(z) + std * density, gain).clamp(min=0)


def modelled(search: Search, draw: torch.Generator, posterior: Posterior, *, like: Run | None = None) -> Run:
    """Search with a model; the state of each trial is what the model says of all places, and of the next one alone.

    The next place is the most promising one by the judge's own expected improvement; with `like` it is that run's. The
    curves are the "best" value after each trial, and which places were "tried", the first ones included.
    """
    run, trials = Run(), Trials(search, draw)
    run.note("best", trials.best)
    for number in range(search.trials):
        mean, std = posterior(trials.x, trials.y, search.places)
        row = _next(like, number) if like else trials.most_promising(expected_improvement(mean, std, trials.best))
        mean_there, std_there = posterior(trials.x, trials.y, search.places[row : row + 1])
        state = {
            "mean/the mean": mean,
            "mean/the mean at one place": mean_there,
            "std/the std": std,
            "std/the std at one place": std_there,
        }
        run.states.append(state if like else {**state, NEXT: torch.tensor(row)})
        trials.measure(row)
        run.note("best", trials.best)
    run.curves["tried"] = [float(row) for row in trials.rows]
    return run


def improved(search: Search, draw: torch.Generator, improvement: Improvement, *, like: Run | None = None) -> Run:
    """Search by expected improvement, with the judge's own model; what has been tried is known for certain.

    The state of each trial is the improvement that every place promises and, asked again with the best value before
    the last trial, what that trial has made of it. With `like` the next place is that run's. The curves are as above.
    """
    run, trials = Run(), Trials(search, draw)
    before = trials.best
    run.note("best", before)
    for number in range(len(like.states) if like else search.trials):
        mean, std = search.posterior(trials.x, trials.y, search.places)
        mean[trials.rows], std[trials.rows] = trials.y, 0.0
        if float(expected_improvement(mean, std, trials.best).max()) < _PROMISING:
            break
        promised, made = improvement([(mean, std, trials.best), (mean, std, before)])
        row = _next(like, number) if like else trials.most_promising(promised)
        # What should be exactly zero has no size to be measured against, so the last three are counted from 1.
        state = {
            "the improvement": promised,
            "the improvement that was made": 1 + made[trials.rows],
            "how many places where all is known promise something": 1 + (promised[trials.rows] != 0).sum(),
            "how many places promise less than nothing": 1 + (promised < 0).sum(),
        }
        run.states.append(state if like else {**state, NEXT: torch.tensor(row)})
        before = trials.best
        trials.measure(row)
        run.note("best", trials.best)
    run.curves["tried"] = [float(row) for row in trials.rows]
    return run


def at_random(search: Search, start: float, trials: int, *, runs: int = 200) -> list[float]:
    """Return the best value after each trial when places are drawn at random, on average; `start` is the first one."""
    draw = torch.Generator().manual_seed(0)
    orders = torch.stack([torch.randperm(len(search.places), generator=draw)[:trials] for _ in range(runs)])
    found: list[float] = search.heights[orders].cummin(1).values.clamp(max=start).mean(0).tolist()
    return [start, *found]


def forrester(count: int = 101) -> tuple[Tensor, Tensor]:
    """Return places (M, 1) from 0 to 1, and a function with a shallow and a deep hollow there (Forrester 2008)."""
    x = torch.linspace(0, 1, count, dtype=torch.float64)
    return x.unsqueeze(1), (6 * x - 2) ** 2 * torch.sin(12 * x - 4) / 5


def two_settings(side: int = 12) -> tuple[Tensor, Tensor]:
    """Return a square of places (M, 2), and a function of both coordinates with its minimum inside."""
    line = torch.linspace(0, 1, side, dtype=torch.float64)
    places = torch.cartesian_prod(line, line)
    x, y = places.unbind(1)
    return places, torch.sin(5 * x + 1) * torch.cos(4 * y - 1) + (x - 0.6) ** 2 + 2 * (y - 0.3) ** 2


def _next(run: Run, number: int) -> int:
    return int(run.states[number][NEXT])
