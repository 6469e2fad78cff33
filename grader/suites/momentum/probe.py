"""Facts about one function that tell the known wrong solutions apart from each other and from the right one.

Each fact isolates one kind of mistake as far as it can: the default of momentum, decay, a change of the learning rate,
shapes, digits, purity and refusals have facts of their own.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from grader.judge import facts
from grader.judge.facts import Fact
from grader.judge.suite import CARRIED, Solution, Step

_GRADS = [torch.tensor(values, dtype=torch.float64) for values in ([0.5, -2.0], [-0.3, -0.1], [1.5, 0.7])]
_STILL = torch.zeros(2, dtype=torch.float64)


def probe(function: str, solution: Solution) -> list[Fact]:
    """Call `solution.<function>` on fixed inputs (at most 40 calls) and return what it did, always in this order.

    A function that gives another result to the same call has nothing further to be compared by.
    """
    asked = _Asked(function, solution)
    if not asked.repeats():
        return ["the same call gives another result the second time"]
    # A parameter that starts at zero is its own sum of steps: nothing hides behind a large value.
    return [
        *asked.walk(_GRADS, start=0.0, defaults=True),
        *asked.walk(_GRADS, start=0.0, velocity=0.5),
        *asked.walk([grad * 1e-8 for grad in _GRADS], start=0.0),
        *asked.walk([grad * 1e8 for grad in _GRADS], start=0.0),
        *asked.walk([_STILL, _STILL], start=0.0, velocity=0.5),
        *asked.walk(_GRADS, start=2.0, weight_decay=0.1),
        *asked.walk([_STILL], start=2.0, weight_decay=0.1),
        *asked.walk(_GRADS, start=0.0, lrs=[0.2, 0.05, 0.4]),
        *asked.shapes(),
        *asked.digits(),
        *asked.purity(),
        *asked.without_momentum(),
        *asked.refusals(),
    ]


class _Asked:
    """One function of a solution, and the questions that are put to it."""

    def __init__(self, name: str, solution: Solution) -> None:
        self._function = getattr(solution, name)
        self._remembers = name != "sgd_step"
        self._settings: dict[str, Any] = {"lr": 0.2, **({"momentum": 0.6} if self._remembers else {})}

    def walk(
        self,
        grads: list[Tensor],
        *,
        start: float,
        velocity: float = 0.0,
        lrs: list[float] | None = None,
        defaults: bool = False,
        **settings: Any,
    ) -> list[Tensor]:
        """Return param and velocity at the end of a walk along `grads`; with `defaults`, lr is all that is set."""
        chosen = ({"lr": 0.2} if defaults else self._settings) | settings
        values = self._values((2,), start, velocity)
        places = (CARRIED, *(CARRIED for _ in values[1:]))
        steps = [
            Step((places[0], grad, *places[1:]), chosen | ({"lr": lrs[number]} if lrs else {}))
            for number, grad in enumerate(grads)
        ]
        return list(self._function.walk(values, steps)[-1])

    def repeats(self) -> bool:
        """Whether two equal calls give equal results."""
        first, second = (self.walk(_GRADS[:1], start=0.0, velocity=0.5) for _ in range(2))
        return all(
            torch.equal(left.nan_to_num(), right.nan_to_num()) for left, right in zip(first, second, strict=True)
        )

    def shapes(self) -> list[Fact]:
        """Return what parameters of unusual shapes become: a scalar, a single element, three dimensions."""
        found = []
        for shape in ((), (1,), (2, 1, 2)):
            param, *state = self._values(shape, 0.0, 0.5)
            found += facts.of_call(self._function, param, torch.ones_like(param), *state, **self._settings)
        return found

    def digits(self) -> list[Fact]:
        """Say for param and velocity with how many digits they come back, where float64 has endless ones."""
        param, *state = self._values((2,), 1 / 3, 1.0)
        settings = self._settings | ({"momentum": 0.9} if self._remembers else {})
        return [_digits(fact) for fact in facts.of_call(self._function, param, _STILL, *state, **settings)]

    def purity(self) -> list[Fact]:
        """Say which arguments a call changed, and which results lie in an argument's memory."""
        param, *state = self._values((2,), 2.0, 0.5)
        return facts.purity(self._function, param, _GRADS[0].clone(), *state, **self._settings, weight_decay=0.1)

    def without_momentum(self) -> list[Fact]:
        """Return what one call with momentum 0 gives."""
        if not self._remembers:
            return []
        param, *state = self._values((2,), 0.0, 0.5)
        return facts.of_call(self._function, param, _GRADS[0], *state, lr=0.2, momentum=0.0)

    def refusals(self) -> list[Fact]:
        """Say for invalid settings, and for valid ones at the border, whether they are refused with ValueError."""
        changes = [{"lr": -0.1}, {"weight_decay": -0.1}, {"lr": 0.0}]
        if self._remembers:
            changes += [{"momentum": -0.5}, {"momentum": 1.0}]
        param, *state = self._values((2,), 2.0, 0.5)
        return [
            facts.refusal(self._function, param, _GRADS[0], *state, **self._settings | change) for change in changes
        ]

    def _values(self, shape: tuple[int, ...], start: float, velocity: float) -> tuple[Tensor, ...]:
        """Return a parameter full of `start`, and for a function that has one a velocity full of `velocity`."""
        fills = (start, velocity) if self._remembers else (start,)
        return tuple(torch.full(shape, fill, dtype=torch.float64) for fill in fills)


def _digits(fact: Fact) -> Fact:
    if isinstance(fact, str):
        return fact
    if not bool((fact * 1024).frac().any()):
        return "a short number"
    return "float32's digits" if bool((fact.float().double() == fact).all()) else "float64's digits"
