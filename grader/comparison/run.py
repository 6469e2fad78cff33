"""What a run of training showed, and how far two runs are apart. All distances are taken in float64."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

State = Mapping[str, Tensor]
"""What is compared after a step, by name. Names of the form "group/tensor" are measured together, by their group."""


@dataclass
class Run:
    """One run of training: the states that are compared, and the curves that are drawn."""

    states: list[dict[str, Tensor]] = field(default_factory=list)
    curves: dict[str, list[float]] = field(default_factory=dict)

    def note(self, curve: str, value: float) -> None:
        """Add a value to a curve."""
        self.curves.setdefault(curve, []).append(value)

    def path(self, name: str) -> list[tuple[float, float]]:
        """Return the way of a tensor of two elements through the steps."""
        return [(float(state[name][0]), float(state[name][1])) for state in self.states]


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
    found = []
    for mine, right in _pairs(run, reference):
        if mine is None:
            found.append(math.inf)
            continue
        found.append(
            max(_relative([mine[name] for name in names], [right[name] for name in names]) for names in _groups(right))
        )
    return found


def first_divergence(run: Run, reference: Run, limit: float) -> Divergence | None:
    """Return the first state in which the runs are further apart than `limit`, and where in it.

    A state's order is that in which its values come about: of the first group that is too far, the furthest tensor.
    """
    for step, (mine, right) in enumerate(_pairs(run, reference)):
        if mine is None:
            return Divergence(step, "", math.inf)
        for names in _groups(right):
            apart = _relative([mine[name] for name in names], [right[name] for name in names])
            if not apart <= limit:
                return Divergence(step, max(names, key=lambda name: distance(mine[name], right[name])), apart)
    return None


def _groups(state: State) -> list[list[str]]:
    """Return the names of the tensors that are measured together."""
    groups: dict[str, list[str]] = {}
    for name in state:
        groups.setdefault(name.partition("/")[0], []).append(name)
    return list(groups.values())


def _pairs(run: Run, reference: Run) -> Iterator[tuple[State | None, State]]:
    for step, right in enumerate(reference.states):
        yield (run.states[step] if step < len(run.states) else None), right


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
