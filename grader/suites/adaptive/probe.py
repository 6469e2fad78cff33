"""Facts about one function that tell the known wrong solutions apart from each other and from the right one.

A fact is a tensor (compared at a relative 1e-6) or a sentence (compared as it is). Each fact isolates one kind of
mistake as far as it can: decay, eps, defaults, purity and refusals have facts of their own.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from grader.judge.suite import CARRIED, Solution, Step

Fact = Tensor | str

STATES = {"adagrad_step": 1, "rmsprop_step": 1, "adam_step": 2, "adamw_step": 2}
COUNTS_STEPS = {"adam_step", "adamw_step"}
SETTINGS: dict[str, dict[str, Any]] = {
    "adagrad_step": {"lr": 0.2, "eps": 1e-3},
    "rmsprop_step": {"lr": 0.2, "alpha": 0.7, "eps": 1e-3},
    "adam_step": {"lr": 0.2, "betas": (0.7, 0.9), "eps": 1e-3},
    "adamw_step": {"lr": 0.2, "betas": (0.7, 0.9), "eps": 1e-3},
}
INVALID: dict[str, list[dict[str, Any]]] = {
    "adagrad_step": [{"lr": -0.1}, {"eps": -0.1}, {"weight_decay": -0.1}],
    "rmsprop_step": [{"lr": -0.1}, {"eps": -0.1}, {"weight_decay": -0.1}, {"alpha": 1.5}],
    "adam_step": [{"lr": -0.1}, {"eps": -0.1}, {"weight_decay": -0.1}, {"betas": (1.0, 0.9)}, {"betas": (0.9, 1.0)}],
    "adamw_step": [{"lr": -0.1}, {"eps": -0.1}, {"weight_decay": -0.1}, {"betas": (1.0, 0.9)}, {"betas": (0.9, 1.0)}],
}


def probe(function: str, solution: Solution) -> list[Fact]:
    """Call `solution.<function>` on fixed inputs (at most 40 calls) and return what it did, always in this order.

    A function that gives another result to the same call has nothing further to be compared by.
    """
    asked = _Asked(function, solution)
    if not asked.repeats():
        return ["the same call gives another result the second time"]
    settings, bare = SETTINGS[function], dict[str, Any](weight_decay=0.0)
    # A parameter that starts at zero is its own sum of steps: nothing hides behind a large value.
    return [
        *asked.walk(_GRADS, start=0.0, **bare),
        *asked.walk(_GRADS, start=0.0, **settings, **bare),
        *asked.walk([grad * 1e-8 for grad in _GRADS], start=0.0, **bare),
        *asked.walk([_STILL, _STILL], start=0.0, **bare),
        *asked.walk([_STILL], start=0.0, state=0.5, first_step=3, **bare),
        *asked.walk(_GRADS, start=2.0, **settings, weight_decay=0.1),
        *asked.walk([_STILL, _STILL], start=2.0, **settings),
        asked.corrected(),
        asked.precision(),
        *asked.purity(),
        *asked.refusals(),
    ]


_GRADS = [torch.tensor(values, dtype=torch.float64) for values in ([0.5, -2.0], [-0.3, -0.1], [1.5, 0.7])]
_STILL = torch.zeros(2, dtype=torch.float64)


class _Asked:
    """One function of a solution, and the questions that are put to it."""

    def __init__(self, name: str, solution: Solution) -> None:
        self._name, self._function = name, getattr(solution, name)

    def walk(
        self, grads: list[Tensor], *, start: float, state: float = 0.0, first_step: int = 1, **settings: Any
    ) -> list[Tensor]:
        """Return param and state at the end of a walk along `grads`."""
        values = self._values(start, state)
        places = tuple(CARRIED for _ in values)
        steps = [Step(self._arguments(places, grad, step), settings) for step, grad in enumerate(grads, first_step)]
        return list(self._function.walk(values, steps)[-1])

    def repeats(self) -> bool:
        """Whether two equal calls give equal results."""
        first, second = (self.walk(_GRADS[:1], start=0.0, state=0.5) for _ in range(2))
        return all(
            torch.equal(left.nan_to_num(), right.nan_to_num()) for left, right in zip(first, second, strict=True)
        )

    def corrected(self) -> Fact:
        """Return the first step without eps: its size is lr, up to the precision of a bias correction."""
        settings = {"eps": 0.0, "lr": 1.0, "weight_decay": 0.0}
        param: Tensor = self._function(*self._arguments(self._values(0.0, 0.0), _GRADS[0], 1), **settings)[0]
        return param

    def precision(self) -> Fact:
        """Say whether a third, left where it is by a learning rate of zero, comes back with all its digits."""
        param, *_ = self._function(*self._arguments(self._values(1 / 3, 0.5), _GRADS[0], 1), lr=0.0)
        lost = bool(((param - 1 / 3).abs() > 1e-12).any())
        return "float64 loses digits" if lost else "float64 keeps its digits"

    def purity(self) -> list[Fact]:
        """Say which arguments a call changed, and which results lie in an argument's memory."""
        given = self._arguments(self._values(2.0, 0.5), _GRADS[0].clone(), 2)
        before = [value.clone() for value in given if isinstance(value, Tensor)]
        seen = self._function.observe(*given, weight_decay=0.1)
        changed = [
            index for index, (was, now) in enumerate(zip(before, seen.arguments, strict=False)) if not was.equal(now)
        ]
        return [f"changes arguments {changed}", f"returns {list(seen.shared)} in an argument's memory"]

    def refusals(self) -> list[Fact]:
        """Say for each invalid setting whether it is refused with ValueError."""
        facts: list[Fact] = [self._refusal(1, setting) for setting in INVALID[self._name]]
        return [*facts, self._refusal(0, {})] if self._name in COUNTS_STEPS else facts

    def _refusal(self, step: int, setting: dict[str, Any]) -> str:
        try:
            self._function(*self._arguments(self._values(2.0, 0.5), _GRADS[0], step), **setting)
        except (ValueError, ArithmeticError) as error:
            return f"{setting or 'step 0'}: raises {'ValueError' if isinstance(error, ValueError) else 'another error'}"
        return f"{setting or 'step 0'}: returns"

    def _values(self, start: float, state: float) -> tuple[Tensor, ...]:
        """Return a parameter full of `start` and its state tensors full of `state`."""
        fills = (start, *(state for _ in range(STATES[self._name])))
        return tuple(torch.full((2,), fill, dtype=torch.float64) for fill in fills)

    def _arguments(self, values: tuple[Any, ...], grad: Tensor, step: int) -> tuple[Any, ...]:
        param, *state = values
        return (param, grad, *state, step) if self._name in COUNTS_STEPS else (param, grad, *state)
