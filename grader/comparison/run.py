"""What a run of training showed, and how far two runs are apart. All distances are taken in float64."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field

import torch
from torch import Tensor

State = Mapping[str, Tensor]
"""What is compared after a step, by name. Names of the form "group/tensor" are measured together, by their group."""


class Departed(Exception):
    """A run has left the one that it was to follow."""


@dataclass
class Run:
    """One run of training: the states that are compared, and the curves that are drawn."""

    states: list[dict[str, Tensor]] = field(default_factory=list)
    curves: dict[str, list[float]] = field(default_factory=dict)

    def add(self, state: dict[str, Tensor]) -> None:
        """Add the state after one more step. Raises `Departed` within `following`, where that has another one there."""
        followed = _followed.get()
        if followed is not None:
            run, limit = followed
            if not _apart(run, len(self.states), state) <= limit:
                raise Departed
        self.states.append(state)

    def note(self, curve: str, value: float) -> None:
        """Add a value to a curve."""
        self.curves.setdefault(curve, []).append(value)

    def path(self, name: str) -> list[tuple[float, float]]:
        """Return the way of a tensor of two elements through the steps."""
        return [(float(state[name][0]), float(state[name][1])) for state in self.states]


_followed: ContextVar[tuple[Run, float] | None] = ContextVar("followed", default=None)


@contextlib.contextmanager
def following(run: Run, limit: float) -> Iterator[None]:
    """Have runs given up within, at the first state that is further than `limit` from that of `run`."""
    token = _followed.set((run, limit))
    try:
        yield
    finally:
        _followed.reset(token)


@dataclass(frozen=True)
class Divergence:
    """Where a run first leaves another one: the number of the state, from 0, the tensor, and how far apart they are."""

    step: int
    tensor: str
    distance: float


def distance(one: Tensor, other: Tensor) -> float:
    """Return `||one - other|| / ||other||` (L2); 0 where both are zero.

    A NaN or an infinity counts as infinitely far unless `other` has the very same in its place.
    """
    return _relative([one], [other])


def distances(run: Run, reference: Run) -> list[float]:
    """Return for each state of the reference how far the run is from it: the largest distance of any group.

    Where the run has ended early, or a tensor has another shape, the distance is infinite.
    """
    return [_apart(run, step, right) for step, right in enumerate(reference.states)]


def first_divergence(run: Run, reference: Run, limit: float) -> Divergence | None:
    """Return the first state in which the runs are further apart than `limit`, and where in it.

    A state's order is that in which its values come about: of the first group that is too far, the furthest tensor.
    """
    for step, right in enumerate(reference.states):
        if step >= len(run.states):
            return Divergence(step, "", math.inf)
        mine = run.states[step]
        for names in _groups(right):
            apart = _relative([mine[name] for name in names], [right[name] for name in names])
            if not apart <= limit:
                return Divergence(step, max(names, key=lambda name: distance(mine[name], right[name])), apart)
    return None


def _apart(run: Run, step: int, right: State) -> float:
    if step >= len(run.states):
        return math.inf
    mine = run.states[step]
    return max(_relative([mine[name] for name in names], [right[name] for name in names]) for names in _groups(right))


def _groups(state: State) -> list[list[str]]:
    """Return the names of the tensors that are measured together."""
    groups: dict[str, list[str]] = {}
    for name in state:
        groups.setdefault(name.partition("/")[0], []).append(name)
    return list(groups.values())


def _relative(mine: list[Tensor], right: list[Tensor]) -> float:
    if any(one.shape != other.shape for one, other in zip(mine, right, strict=True)):
        return math.inf
    one, other = _flat(mine), _flat(right)
    finite = other.isfinite()
    same = torch.where(finite, one.isfinite(), (one == other) | (one.isnan() & other.isnan()))
    if not bool(same.all()):
        return math.inf
    one, other = one[finite], other[finite]
    # Scaled first: the square of a large float64 is none any more.
    scale = max(float(one.abs().max()), float(other.abs().max())) if one.numel() else 0.0
    if scale == 0:
        return 0.0
    apart, size = float(((one - other) / scale).norm()), float((other / scale).norm())
    return apart / size if size else math.inf


def _flat(tensors: list[Tensor]) -> Tensor:
    return torch.cat([tensor.detach().to("cpu", torch.float64).flatten() for tensor in tensors])
