"""Facts about one function that tell the known wrong solutions apart from each other and from the right one.

Which elements a solution drops is its own affair, so no fact depends on it: what was multiplied by what is told as the
least and the greatest factor, and the mask in words.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from grader.judge import facts
from grader.judge.facts import Fact
from grader.judge.faults import ResultRefused, SolutionRaised
from grader.judge.suite import Solution, SolutionFunction

SEED = 11
SEEDS = (3, 4, 5, 6, 7, 8)
INVALID = ((-0.1, True), (1.1, True), (-0.1, False), (1.1, False))


def probe(function: str, solution: Solution) -> list[Fact]:
    """Call `solution.<function>` on fixed inputs (at most 40 calls) and return what it did, always in this order."""
    asked: SolutionFunction = getattr(solution, function)
    return _forward(asked) if function == "dropout_forward" else _backward(asked)


def _forward(function: SolutionFunction) -> list[Fact]:
    return [
        *_training(function, 0.2),
        *_training(function, 0.7),
        *_training(function, 0.0),
        *_training(function, 1.0),
        *_evaluation(function, 0.7),
        *_evaluation(function, 1.0),
        *_structure(function),
        _told(lambda: _counts(function)),
        *_seeds(function),
        *_values(function),
        _told(lambda: _precision(function(_THIRDS, 0.3, training=True, seed=SEED)[0])),
        *(_answers(function, x, 0.3, training=True, seed=SEED) for x in _SHAPES),
        _told(lambda: _generator(function)),
        *facts.purity(function, _X.clone(), 0.3, training=True, seed=SEED),
        *(facts.refusal(function, _X, p, training=training, seed=SEED) for p, training in INVALID),
    ]


def _backward(function: SolutionFunction) -> list[Fact]:
    kept, dropped = torch.ones_like(_MASK), torch.zeros_like(_MASK)
    return [
        *_gradient(function, _MASK, 0.2),
        *_gradient(function, _MASK, 0.7),
        *_gradient(function, kept, 0.7),
        *_gradient(function, dropped, 0.7),
        *_gradient(function, kept, 0.0),
        *_gradient(function, dropped, 1.0),
        *_gradient(function, kept, 0.7, training=False),
        *_gradient(function, kept, 1.0, training=False),
        _told(lambda: _precision(function(_THIRDS, torch.ones(60, 70, dtype=torch.bool), 0.3, training=True))),
        *(_answers(function, x, torch.ones_like(x).bool(), 0.3, training=True) for x in _SHAPES),
        *facts.purity(function, _X.clone(), _MASK, 0.3, training=True),
        *(facts.refusal(function, _X, _MASK, p, training=training) for p, training in INVALID),
    ]


_X = torch.linspace(1, 2, 4200, dtype=torch.float64).reshape(60, 70)
_IMAGES = torch.ones(6, 10, 6, 8, dtype=torch.float64)
_THIRDS = torch.full((60, 70), 1 / 3, dtype=torch.float64)
_MASK = torch.arange(4200).reshape(60, 70) % 7 > 1
"""Of every seven elements two are dropped: none of the rates that are asked for."""
_SHAPES = [torch.ones(shape, dtype=torch.float64) for shape in ((), (0,), (5,), (3, 4, 5))]


def _training(function: SolutionFunction, p: float) -> list[Fact]:
    """Return the factors of kept and of dropped elements, and the share of kept ones in tenths."""

    def ask() -> list[Fact]:
        out, mask = function(_X, p, training=True, seed=SEED)
        return [_factors(out, _X, mask), _factors(out, _X, ~mask), _share(mask)]

    return _all_told(ask, 3)


def _evaluation(function: SolutionFunction, p: float) -> list[Fact]:
    def ask() -> list[Fact]:
        out, mask = function(_X, p, training=False, seed=SEED)
        return [_factors(out, _X, torch.ones_like(mask)), _share(mask)]

    return _all_told(ask, 2)


def _gradient(function: SolutionFunction, mask: Tensor, p: float, *, training: bool = True) -> list[Fact]:
    def ask() -> list[Fact]:
        grad_x = function(_X, mask, p, training=training)
        return [_factors(grad_x, _X, mask), _factors(grad_x, _X, ~mask)]

    return _all_told(ask, 2)


def _structure(function: SolutionFunction) -> list[Fact]:
    """Say which elements share their fate."""

    def ask() -> list[Fact]:
        _, mask = function(_X, 0.3, training=True, seed=SEED)
        _, maps = function(_IMAGES, 0.3, training=True, seed=SEED)
        return [
            f"rows share a fate: {_one_fate(mask)}",
            f"columns share a fate: {_one_fate(mask.t())}",
            f"maps share a fate: {_one_fate(maps.flatten(2))}",
            f"positions share a fate: {_one_fate(maps.permute(0, 2, 3, 1))}",
        ]

    return _all_told(ask, 4)


def _counts(function: SolutionFunction) -> str:
    masks = [function(_X, 0.3, training=True, seed=seed)[1] for seed in SEEDS]
    counts = {int(mask.sum()) for mask in masks}
    return f"as many are kept under every seed: {len(counts) == 1 and _has_both(masks[0])}"


def _seeds(function: SolutionFunction) -> list[Fact]:
    """Say whether the seed decides on the mask, and nothing else."""

    def ask() -> list[Fact]:
        masks = [function(_X, 0.3, training=True, seed=seed)[1] for seed in (SEED, SEED, SEED + 1, SEED - 1)]
        again = any(torch.equal(mask, masks[0]) and _has_both(mask) for mask in masks[2:])
        return [
            f"another mask for the same seed: {not torch.equal(masks[0], masks[1])}",
            f"the same mask for another seed: {again}",
        ]

    return _all_told(ask, 2)


def _values(function: SolutionFunction) -> list[Fact]:
    """Say whether the mask looks at the values."""

    def ask() -> list[Fact]:
        half = _X * (torch.arange(70) % 2)
        _, mask = function(half, 0.3, training=True, seed=SEED)
        drawn, turned = (function(sign * _X, 0.3, training=True, seed=SEED)[1] for sign in (1, -1))
        return [
            f"kept where x is zero: {_share(mask[:, ::2])}",
            f"the mask of -x is that of x: {torch.equal(drawn, turned)}",
        ]

    return _all_told(ask, 2)


def _precision(got: Tensor) -> str:
    """Say whether a third divided by 0.7 is nearly right: off by as much as float32 is."""
    error = (got[got != 0] * 3 * 0.7 - 1).abs()
    return f"float32 inside: {bool(((error > 1e-12) & (error < 1e-5)).any())}"


def _generator(function: SolutionFunction) -> str:
    drew = [function.observe(_X, 0.3, training=mode, seed=SEED).drew_globally for mode in (True, False)]
    return f"draws globally in training, evaluation: {drew}"


def _answers(function: SolutionFunction, *args: Any, **kwargs: Any) -> Fact:
    """Say whether the result of a call has the form that it should have."""

    def ask() -> str:
        function(*args, **kwargs)
        return "answers"

    return _told(ask)


def _factors(got: Tensor, given: Tensor, where: Tensor) -> Fact:
    """Return the least and the greatest factor between two tensors, where asked for; NaN if there is one."""
    factors = (got / given)[where]
    return torch.stack([factors.min(), factors.max()]) if len(factors) else "nowhere"


def _share(mask: Tensor) -> str:
    """Say how many elements are kept: all, none, or some tenths. 4200 coins lie within 0.05 of their rate."""
    if bool(mask.all()):
        return "all"
    return f"{round(10 * float(mask.double().mean()))} tenths" if bool(mask.any()) else "none"


def _one_fate(mask: Tensor) -> bool:
    """Tell whether all elements of each row, the last dimension, are kept or dropped together, and rows are of both."""
    return _has_both(mask) and bool((mask == mask[..., :1]).all())


def _has_both(mask: Tensor) -> bool:
    """Tell whether some elements are kept and some dropped: of other masks there is nothing to say."""
    return bool(mask.any()) and not bool(mask.all())


def _told(ask: Callable[[], str]) -> Fact:
    return _all_told(lambda: [ask()], 1)[0]


def _all_told(ask: Callable[[], list[Fact]], count: int) -> list[Fact]:
    """Ask; if the function raises or its result is refused, every answer says so. Raises `SolutionStopped`."""
    try:
        return ask()
    except ResultRefused:
        return ["refused"] * count
    except SolutionRaised as fault:
        return [f"raises {type(fault).__name__}"] * count
