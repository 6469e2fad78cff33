"""What a hidden suite is written with: the `check` mark and the `Solution` that its tests call.

A hidden test looks like this; `solution` and `draw` are fixtures that the judge provides:

    @check("adam-first-step", task="3.3", points=4, hint="Look at step 1: the moments start at zero.")
    def test_first_step_has_the_size_of_the_learning_rate(solution, draw):
        param = torch.randn(3, 4, generator=draw, dtype=torch.float64)
        ...
        got, *_ = solution.adam_step(param, grad, zeros, zeros, 1, lr=0.1)
        expect.close(got, wanted, what="param after the first step")
"""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import pytest
import torch
from torch import Tensor

from grader.domain.check import Check, Visibility
from grader.domain.exercise import Exercise, Task
from grader.judge.faults import ResultRefused
from grader.sandbox.plain import as_tensor, in_words, number_like, parts

MARK = "check"
_Test = TypeVar("_Test", bound=Callable[..., None])


def check(name: str, *, task: str, points: float, hint: str, visibility: str = "hidden") -> Callable[[_Test], _Test]:
    """Mark a hidden test as the check `name` of `task`, worth `points`.

    `hint` is what a student reads when a hidden check fails: it says where to look and holds no expected value.
    """
    found = Check(name=name, task=task, points=points, hint=hint, visibility=Visibility(visibility))

    def mark(test: _Test) -> _Test:
        marked: _Test = getattr(pytest.mark, MARK)(found)(test)
        return marked

    return mark


@dataclass(frozen=True)
class Observation:
    """A call looked at from all sides.

    `result` is what the function returned. Of an observed call, `arguments` are the positional arguments as they were
    after the call; `shared` names the returned tensors (by position) that share memory with an argument.
    """

    result: Any
    arguments: tuple[Any, ...]
    shared: tuple[int, ...]


@dataclass(frozen=True)
class Step:
    """One call of a walk: `args` with `CARRIED` where the results of the step before go, in their order."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


CARRIED = object()
"""Stands in a `Step`'s arguments for a value that the step before returned."""


class Channel(Protocol):
    """A way to the student's functions: across the wire into a guest, or in process while a suite is written."""

    def call(self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, observe: bool) -> Observation:
        """Call the student's function, and if `observe` look at what became of the arguments too.

        Raises `SolutionFault` for whatever the student's code does wrong.
        """
        ...

    def walk(
        self, function: str, carried: tuple[Any, ...], steps: Sequence[Step], meanwhile: Callable[[], None]
    ) -> list[Any]:
        """Call the student's function once per step, each on copies of what the step before returned.

        `meanwhile` is called once while that is under way. Returns the results as they were after each step; ends
        early after a result that cannot be carried on.
        """
        ...


class Solution:
    """The student's module as a hidden suite sees it: `solution.adam_step(...)`.

    Every result is held against the exercise's contract first (how many tensors, their shapes and dtypes), so a test
    only ever sees plain tensors of the right form; anything else fails the check with words that say so.
    """

    def __init__(self, channel: Channel, exercise: Exercise, reference: dict[str, Any]) -> None:
        self._functions = {
            task.function: SolutionFunction(channel, task, _signature(reference[task.function]))
            for task in exercise.tasks
        }

    def __getattr__(self, name: str) -> SolutionFunction:
        try:
            return self._functions[name]
        except KeyError:
            raise AttributeError(f"the manifest has no task for a function {name!r}") from None


_signature = functools.cache(inspect.signature)


class SolutionFunction:
    """One of the student's functions."""

    def __init__(self, channel: Channel, task: Task, signature: inspect.Signature) -> None:
        self._channel, self._task, self._signature = channel, task, signature

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it and return its result: one tensor, or a tuple of tensors, of the form that the exercise fixes."""
        return self._call(args, kwargs, observe=False).result

    def observe(self, *args: Any, **kwargs: Any) -> Observation:
        """Call it and return the result together with what became of the arguments."""
        return self._call(args, kwargs, observe=True)

    def walk(
        self, carried: tuple[Tensor, ...], steps: Sequence[Step], meanwhile: Callable[[], None] = lambda: None
    ) -> list[tuple[Tensor, ...]]:
        """Call it once per step, each on what the step before returned: a trajectory, in a single exchange.

        `carried` goes into the first step. `meanwhile` is called once, while the student's process is at work: a good
        time to compute what is expected. Returns one tuple of tensors per step.
        """
        walked = []
        results = self._channel.walk(self._task.function, carried, steps, meanwhile)
        for step, result in zip(steps, results, strict=False):
            given = self._signature.bind(*fill(step.args, carried), **step.kwargs).arguments
            found = _conforming(result, self._task, given)
            walked.append(found if isinstance(found, tuple) else (found,))
        if len(walked) != len(steps):
            raise ResultRefused(f"{self._task.function}(...) answered {len(walked)} of {len(steps)} calls.")
        return walked

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, observe: bool) -> Observation:
        given = self._signature.bind(*args, **kwargs).arguments
        seen = self._channel.call(self._task.function, args, kwargs, observe=observe)
        return Observation(_conforming(seen.result, self._task, given), seen.arguments, seen.shared)


def fill(args: tuple[Any, ...], carried: Sequence[Any]) -> tuple[Any, ...]:
    """Return a step's arguments with the carried values in their places."""
    values = iter(carried)
    return tuple(next(values) if arg is CARRIED else arg for arg in args)


def _conforming(result: Any, task: Task, given: dict[str, Any]) -> Any:
    names = task.returns
    called = f"{task.function}(...)"
    if len(names) == 1:
        return _tensor_like(result, given[names[0]], f"{called} returned")
    wanted = f"{len(names)} tensors ({', '.join(names)})"
    held = parts(result)
    if held is None or len(held) != len(names):
        what = "one tensor" if isinstance(result, Tensor) else in_words(result)
        raise ResultRefused(f"{called} returned {what}; expected {wanted}.")
    return tuple(
        _tensor_like(value, given[name], f"{called} returned as {name!r}")
        for value, name in zip(held, names, strict=True)
    )


def _tensor_like(value: Any, like: Tensor, said: str) -> Tensor:
    """Return a result, or one of several, as a tensor of its own, its elements in their usual order in memory.

    So a test may look at it with `view` or whatever else. Raises `ResultRefused` if it is not like `like`.
    """
    if type(value) in (bool, int, float) and not like.dim():
        number = number_like(value, like)
        if number is None:
            raise ResultRefused(f"{said} {in_words(value)}; expected {like.dtype}, the dtype of the argument.")
        return number
    tensor = as_tensor(value)
    if tensor is None:
        raise ResultRefused(f"{said} {in_words(value)}; expected a tensor.")
    if tensor.shape != like.shape:
        found = f"a tensor of shape {tuple(tensor.shape)}"
        raise ResultRefused(f"{said} {found}; expected {tuple(like.shape)}, as the argument has.")
    if tensor.dtype != like.dtype:
        raise ResultRefused(f"{said} a tensor of {tensor.dtype}; expected {like.dtype}, the dtype of the argument.")
    return tensor.clone(memory_format=torch.contiguous_format)


def generator_for(seed: int, name: str) -> torch.Generator:
    """Return the random generator of the check `name` under a job's secret `seed`, on CPU.

    Each check has its own stream, so that its inputs do not depend on which checks ran before it.
    """
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)
