"""Facts about one function or class that tell the known wrong solutions apart from each other and from the right one.

A fact is a tensor (compared at a relative 1e-6) or a sentence (compared as it is). Each fact isolates one kind of
mistake as far as it can: the ends of a curve, min_lr, defaults, digits and refusals have facts of their own.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch

from grader.judge import facts
from grader.judge.facts import Fact
from grader.judge.faults import SolutionFault, SolutionStopped
from grader.judge.suite import Solution, SolutionFunction, Step

NAN = math.nan
LARGE = 100_000


def probe(function: str, solution: Solution) -> list[Fact]:
    """Call `solution.<function>` on fixed inputs (at most 40 calls) and return what it did, always in this order.

    A function that gives another result to the same call, and a class whose new objects begin with what older ones
    have seen, have nothing further to be compared by.
    """
    asked = getattr(solution, function)
    if asked.is_class:
        return _of_class(asked)
    settings = SETTINGS[function]
    try:
        # Epoch 0 is where a function that remembers begins anew, whatever the checks have asked it for.
        _, *pairs = asked.many([Step((place,), settings) for place in (0, 2, 2, 4, 4)])
        if pairs[::2] != pairs[1::2]:
            return ["the same call gives another result the second time"]
    except SolutionStopped:
        raise
    except SolutionFault:
        pass  # it is told by the curves that need this call
    return [*CURVES[function](asked), *(facts.refusal(asked, place, **bad) for place, bad in INVALID[function])]


SETTINGS: dict[str, dict[str, Any]] = {
    "step_decay": {"base_lr": 0.8, "step_size": 4, "gamma": 0.5},
    "exponential_decay": {"base_lr": 0.8, "gamma": 0.5},
    "cosine_annealing": {"base_lr": 0.8, "total_epochs": 8},
    "warmup_cosine": {"base_lr": 0.8, "warmup_steps": 4, "total_steps": 12},
}
INVALID: dict[str, list[tuple[int, dict[str, Any]]]] = {
    "step_decay": [
        (-1, SETTINGS["step_decay"]),
        (1, SETTINGS["step_decay"] | {"base_lr": -0.1}),
        (1, SETTINGS["step_decay"] | {"step_size": 0}),
        (1, SETTINGS["step_decay"] | {"step_size": -3}),
        (1, SETTINGS["step_decay"] | {"gamma": 0.0}),
        (1, SETTINGS["step_decay"] | {"gamma": -0.5}),
    ],
    "exponential_decay": [
        (-1, SETTINGS["exponential_decay"]),
        (1, SETTINGS["exponential_decay"] | {"base_lr": -0.1}),
        (1, SETTINGS["exponential_decay"] | {"gamma": 0.0}),
        (1, SETTINGS["exponential_decay"] | {"gamma": -0.5}),
    ],
    "cosine_annealing": [
        (-1, SETTINGS["cosine_annealing"]),
        (1, SETTINGS["cosine_annealing"] | {"base_lr": -0.1}),
        (1, SETTINGS["cosine_annealing"] | {"total_epochs": 0}),
        (1, SETTINGS["cosine_annealing"] | {"min_lr": -0.1}),
        (1, SETTINGS["cosine_annealing"] | {"min_lr": 0.9}),
    ],
    "warmup_cosine": [
        (-1, SETTINGS["warmup_cosine"]),
        (1, SETTINGS["warmup_cosine"] | {"base_lr": -0.1}),
        (1, SETTINGS["warmup_cosine"] | {"warmup_steps": 0, "total_steps": 0}),
        (1, SETTINGS["warmup_cosine"] | {"warmup_steps": -1}),
        (1, SETTINGS["warmup_cosine"] | {"warmup_steps": 13}),
        (1, SETTINGS["warmup_cosine"] | {"min_lr": -0.1}),
        (1, SETTINGS["warmup_cosine"] | {"min_lr": 0.9}),
    ],
    "ReduceOnPlateau": [
        (0, {"base_lr": 0.1} | bad)
        for bad in (
            {"base_lr": -0.1},
            {"mode": "average"},
            {"factor": 0.0},
            {"factor": 1.5},
            {"patience": -1},
            {"threshold": -0.1},
            {"threshold": 1.0},
            {"cooldown": -1},
            {"min_lr": -0.1},
            {"min_lr": 0.2},
        )
    ],
    "EarlyStopping": [
        (0, {"patience": 2} | bad) for bad in ({"patience": 0}, {"patience": -1}, {"min_delta": -0.1}, {"mode": "mean"})
    ],
}


def _step_decay(asked: SolutionFunction) -> list[Fact]:
    return [
        _curve(asked, range(10), base_lr=0.8, step_size=3, gamma=0.5),
        _curve(asked, (2, 7), base_lr=0.8, step_size=5),
        _curve(asked, [LARGE], base_lr=0.8, step_size=10, gamma=0.99),
        _digits(asked, 9, 0.7**2 / 3, base_lr=1 / 3, step_size=4, gamma=0.7),
    ]


def _exponential_decay(asked: SolutionFunction) -> list[Fact]:
    return [
        _curve(asked, range(6), base_lr=0.8, gamma=0.5),
        _curve(asked, range(4), base_lr=0.1, gamma=1.5),
        _curve(asked, [LARGE], base_lr=0.8, gamma=0.9999),
        _digits(asked, 2, 0.7**2 / 3, base_lr=1 / 3, gamma=0.7),
    ]


def _cosine_annealing(asked: SolutionFunction) -> list[Fact]:
    return [
        _curve(asked, range(1, 8), base_lr=0.8, total_epochs=8),
        _curve(asked, [0, 8], base_lr=0.8, total_epochs=8),
        _curve(asked, range(8), base_lr=0.8, total_epochs=8, min_lr=0.2),
        _curve(asked, [8, 9, 12, 16, 17], base_lr=0.8, total_epochs=8, min_lr=0.2),
        _curve(asked, [0, 1], base_lr=0.8, total_epochs=1),
        _digits(asked, 3, (1 + math.cos(math.pi * 3 / 7)) / 6, base_lr=1 / 3, total_epochs=7),
    ]


def _warmup_cosine(asked: SolutionFunction) -> list[Fact]:
    run = {"base_lr": 0.8, "warmup_steps": 4, "total_steps": 12}
    low = run | {"min_lr": 0.2}
    return [
        _curve(asked, range(4), **run),
        _curve(asked, range(4), **low),
        _curve(asked, [4], **run),
        _curve(asked, range(5, 12), **run),
        _curve(asked, range(5, 12), **low),
        _curve(asked, [12, 13, 16, 20, 30], **low),
        _curve(asked, range(9), base_lr=0.8, warmup_steps=0, total_steps=8),
        _curve(asked, range(4, 10), base_lr=0.8, warmup_steps=8, total_steps=8),
        _digits(asked, 1, 2 / 9, base_lr=1 / 3, warmup_steps=3, total_steps=10),
        _digits(asked, 6, (1 + math.cos(math.pi * 3 / 7)) / 6, base_lr=1 / 3, warmup_steps=3, total_steps=10),
    ]


CURVES = {
    "step_decay": _step_decay,
    "exponential_decay": _exponential_decay,
    "cosine_annealing": _cosine_annealing,
    "warmup_cosine": _warmup_cosine,
}


def _of_class(asked: SolutionFunction) -> list[Fact]:
    lives = PLATEAU if asked.name == "ReduceOnPlateau" else STOPPING
    # No object has seen a metric as low as this one before the first of the two, whatever the checks have shown them.
    settings, lowest = lives[0][0], [-1e9, -1e9, -1e9]
    first, second = (_life(asked, settings, lowest)[0] for _ in range(2))
    if not _equal(first, second):
        return ["a new object begins with what an older one has seen"]
    found = [fact for settings, metrics in lives for fact in _life(asked, settings, metrics)]
    falling = (lives[0][0], [(100.0 - epoch,) for epoch in range(8)])
    beside = facts.of_trace(asked, lives[0][0], [(200.0,)] * 8, beside=falling)
    return [*found, *beside, *(facts.refusal(asked, **bad) for _, bad in INVALID[asked.name])]


_TWO = {"base_lr": 0.8, "factor": 0.5, "patience": 2, "threshold": 0.0}
_QUARTER = _TWO | {"patience": 1, "threshold": 0.25}
# Metrics that only get worse show the count alone, whichever metric they are compared with.
_WORSE = [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 6.5]
PLATEAU: list[tuple[dict[str, Any], list[float]]] = [
    (_TWO, _WORSE),
    (_TWO, [9.0, 9.5, 8.0, 8.5, 7.0, 7.5, 6.0, 6.5]),
    (_TWO, [2.0] * 5),
    (_TWO, [4.0, 6.0, 5.0, 4.5, 2.0, 3.5, 3.0, 2.5, 1.0]),
    (_QUARTER, [4.0, 2.5, 2.25, 2.125]),
    (_QUARTER, [400.0, 398.0, 396.0, 394.0]),
    (_QUARTER, [2.0, 1.875, 1.8125, 1.78125]),
    (_QUARTER, [8.0, 7.5, 7.0, 6.5, 5.75, 5.5, 5.25]),
    (_TWO | {"cooldown": 3}, _WORSE),
    (_TWO | {"patience": 1, "cooldown": 2}, [1.0, 1.5, 2.0, 0.5, 0.75, 0.875, 1.0, 1.25]),
    (_TWO | {"min_lr": 0.3}, _WORSE),
    (_TWO | {"base_lr": 3e-8}, _WORSE),
    (_TWO | {"mode": "max"}, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
    (_QUARTER | {"mode": "max"}, [4.0, 5.5, 5.0, 4.5, 4.0, 8.0]),
    (_TWO, [1.0, NAN, NAN, NAN, 0.5, NAN, 1.0, 1.5, 2.0]),
    (_TWO, [NAN, 1.0, 1.5, 0.5, 1.0]),
    (_QUARTER, [-4.0, -3.5, -3.0, -2.5, -2.0, -1.0]),
]
STOPPING: list[tuple[dict[str, Any], list[float]]] = [
    ({"patience": 3}, _WORSE[:4]),
    ({"patience": 2}, [9.0, 9.5, 8.0, 8.5, 7.0, 7.5, 6.0]),
    ({"patience": 2}, [2.0, 2.0, 2.0]),
    ({"patience": 2}, [4.0, 6.0, 5.0, 4.5]),
    ({"patience": 2}, [4.0, 3.0, 3.5, 3.25]),
    ({"patience": 2, "min_delta": 0.5}, [4.0, 3.75, 3.25, 3.0]),
    ({"patience": 2, "min_delta": 0.5}, [4.0, 3.0, 3.25, 3.375]),
    ({"patience": 2, "min_delta": 0.5}, [40.0, 39.0, 38.0, 37.0]),
    ({"patience": 2, "min_delta": 0.5}, [4.0, 3.75, 3.625, 3.25, 2.0]),
    ({"patience": 2}, [1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 0.5, 1.0]),
    ({"patience": 2, "mode": "max"}, [1.0, 2.0, 3.0, 4.0]),
    ({"patience": 2, "mode": "max"}, [-4.0, -3.0, -2.0, -1.0]),
    ({"patience": 2}, [1.0, NAN, NAN, NAN, 0.5]),
    ({"patience": 2}, [NAN, 1.0, 1.5]),
]


def _curve(asked: SolutionFunction, places: Iterable[int], **settings: Any) -> Fact:
    """Return the values at `places`; a text if one of the calls raises."""
    try:
        return torch.tensor(asked.many([Step((place,), settings) for place in places]), dtype=torch.float64)
    except SolutionStopped:
        raise
    except SolutionFault as fault:
        return f"raises {type(fault).__name__}"


def _digits(asked: SolutionFunction, place: int, exact: float, **settings: Any) -> Fact:
    """Say whether a value that is right to five digits is right to all: what is wrong anyway keeps its digits."""
    try:
        off = abs(asked(place, **settings) / exact - 1)
    except SolutionStopped:
        raise
    except SolutionFault:
        return "keeps its digits"
    return "loses digits" if 1e-11 < off < 1e-5 else "keeps its digits"


def _life(asked: SolutionFunction, settings: dict[str, Any], metrics: Sequence[float]) -> list[Fact]:
    return facts.of_trace(asked, settings, [(metric,) for metric in metrics])


def _equal(one: Fact, other: Fact) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one == other
    return torch.equal(one, other)
