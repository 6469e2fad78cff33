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
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import pytest
import torch
from torch import Tensor

from grader.domain.check import Check, Visibility
from grader.domain.exercise import Exercise, Task
from grader.domain.form import Form
from grader.judge.faults import ResultRefused
from grader.judge.forms import conforming, held_to

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
    after the call; `shared` names the returned tensors (by position) that share memory with an argument;
    `drew_globally` says that the call drew from torch's global random generator, or seeded it.
    """

    result: Any
    arguments: tuple[Any, ...] = ()
    shared: tuple[int, ...] = ()
    drew_globally: bool = False


@dataclass(frozen=True)
class Step:
    """One call of a walk: `args` with `CARRIED` where the results of the step before go, in their order."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]


CARRIED = object()
"""Stands in a `Step`'s arguments for a value that the step before returned."""


@dataclass(frozen=True)
class Moment:
    """What a call of an object's method returned, and what the object showed of itself afterwards."""

    result: Any
    attributes: dict[str, Any]


@dataclass(frozen=True)
class Trace:
    """The life of one object of a student's class: its attributes when it was made, and a moment per call."""

    start: dict[str, Any]
    moments: tuple[Moment, ...]

    @property
    def results(self) -> list[Any]:
        """What the calls returned, in their order."""
        return [moment.result for moment in self.moments]


Beside = tuple[dict[str, Any], Sequence[tuple[Any, ...]]] | None
"""Settings and calls of another object that lives at the same time, each of its calls before one of the first's."""


@dataclass(frozen=True)
class Life:
    """What a channel is asked of a class: make an object with `kwargs`, call `method` with each of `calls`."""

    function: str
    kwargs: dict[str, Any]
    method: str
    calls: Sequence[tuple[Any, ...]]
    attributes: tuple[str, ...]
    beside: Beside = None


@dataclass(frozen=True)
class DriveStep:
    """What a channel is asked of a function that moves several tensors on: one call for each of them.

    `calls` has `CARRIED` where the values of the step before go. `carried` begins anew with these values; `None` goes
    on with what the function returned last, which stays at the other end of the channel.
    """

    function: str
    carried: Sequence[tuple[Tensor, ...]] | None
    calls: Sequence[tuple[Any, ...]]
    kwargs: dict[str, Any]
    whole: bool
    """Whether all returned values are wanted, or of each call the first one alone."""


@dataclass(frozen=True)
class Refused:
    """The result of a driven call, and which one it was, where that cannot be carried on."""

    result: Any
    number: int


class Channel(Protocol):
    """A way to the student's functions: across the wire into a guest, or in process while a suite is written.

    What is returned shares no memory with anything else. Every method raises `SolutionFault` for whatever the
    student's code does wrong.
    """

    def call(self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, observe: bool) -> Observation:
        """Call the student's function, and if `observe` look at what became of the arguments too."""
        ...

    def walk(
        self, function: str, carried: tuple[Any, ...], steps: Sequence[Step], meanwhile: Callable[[], None]
    ) -> list[Any]:
        """Call the student's function once per step, each on copies of what the step before returned.

        `meanwhile` is called once while that is under way. Returns the results as they were after each step; ends
        early after a result that cannot be carried on.
        """
        ...

    def many(self, function: str, calls: Sequence[Step]) -> list[Any]:
        """Call the student's function once per item, each for itself. Returns as many results."""
        ...

    def trace(self, life: Life) -> tuple[Any, list[tuple[Any, Any]]]:
        """Make an object of the student's class and call its method again and again.

        Returns the dict of its attributes at first, and per call the result and the attributes.
        """
        ...

    def drive(self, step: DriveStep) -> list[Any] | Refused:
        """Move several tensors on by one call each, in a single exchange. Returns a result per call."""
        ...


class Solution:
    """The student's module as a hidden suite sees it: `solution.adam_step(...)`.

    Every result is held against the exercise's contract first (see `grader.judge.forms`), so a test only ever sees
    plain values of the right form; anything else fails the check with words that say so.
    """

    def __init__(self, channel: Channel, exercise: Exercise, reference: dict[str, Any]) -> None:
        self._functions = {
            task.function: SolutionFunction(channel, task, signature_of(reference[task.function], task.method))
            for task in exercise.tasks
        }

    def __getattr__(self, name: str) -> SolutionFunction:
        try:
            return self._functions[name]
        except KeyError:
            raise AttributeError(f"the manifest has no task for a function {name!r}") from None


@functools.cache
def signature_of(function: Any, method: str) -> inspect.Signature:
    """Return the signature of a function, or of a class's method without its `self`."""
    found = inspect.signature(getattr(function, method) if method else function)
    return found.replace(parameters=list(found.parameters.values())[1:]) if method else found


class SolutionFunction:
    """One of the student's functions, or one of the classes: a class is traced, a function is called."""

    def __init__(self, channel: Channel, task: Task, signature: inspect.Signature) -> None:
        self._channel, self._task, self._signature = channel, task, signature
        self.name = task.function
        kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        self._positional = tuple(name for name, found in signature.parameters.items() if found.kind in kinds)
        self._takes: set[tuple[int, frozenset[str]]] = set()

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters, in their order."""
        return tuple(self._signature.parameters)

    @property
    def returns(self) -> tuple[Form, ...]:
        """The forms of the returned values."""
        return self._task.returns

    def form_at(self, place: int) -> Form:
        """Return the form of the value at a position of what was returned."""
        return self._task.returns[place if len(self._task.returns) > 1 else 0]

    @property
    def is_class(self) -> bool:
        """Whether this is a class, to be traced, and not a function, to be called."""
        return bool(self._task.method)

    @property
    def attributes(self) -> tuple[Form, ...]:
        """The forms of what an object of the class shows of itself."""
        return self._task.attributes

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it and return its result: one value, or a tuple of values, of the form that the exercise fixes."""
        return self._call(args, kwargs, observe=False).result

    def attempt(self, *args: Any, **kwargs: Any) -> None:
        """Call a function, or make an object of a class, for what it may raise."""
        if self._task.method:
            self.trace(kwargs, [])
        else:
            self(*args, **kwargs)

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
        results = self._channel.walk(self.name, carried, steps, meanwhile)
        for step, result in zip(steps, results, strict=False):
            found = self._conforming(result, fill(step.args, carried), step.kwargs)
            walked.append(found if isinstance(found, tuple) else (found,))
        self._all_answered(len(walked), len(steps))
        return walked

    def many(self, calls: Sequence[Step]) -> list[Any]:
        """Call it once per item, each for itself, in a single exchange. Returns one result per call."""
        results = self._channel.many(self.name, calls)
        self._all_answered(len(results), len(calls))
        return [self._conforming(result, call.args, call.kwargs) for call, result in zip(calls, results, strict=True)]

    def trace(
        self,
        kwargs: dict[str, Any],
        calls: Sequence[tuple[Any, ...]],
        *,
        beside: Beside = None,
    ) -> Trace:
        """Make an object of the class with `kwargs` and call its method once per item of `calls`, a tuple each.

        `beside` are the settings and calls of another object that is made after it and lives at the same time, so that
        a state they share shows: call for call, the other one goes first.
        """
        names = tuple(form.name for form in self._task.attributes)
        start, moments = self._channel.trace(Life(self.name, kwargs, self._task.method, calls, names, beside))
        self._all_answered(len(moments), len(calls))
        return Trace(
            self._attributes(start),
            tuple(
                Moment(self._conforming(result, args, {}), self._attributes(shown))
                for args, (result, shown) in zip(calls, moments, strict=True)
            ),
        )

    def drive(self, carried: Sequence[tuple[Tensor, ...]]) -> Drive:
        """Begin to move tensors on together, step by step, where each step depends on the results of the last one.

        `carried` holds for each of them what goes into its first call: the parameter and its state.
        """
        return Drive(self, carried)

    def _call(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, observe: bool) -> Observation:
        seen = self._channel.call(self.name, args, kwargs, observe=observe)
        return replace(seen, result=self._conforming(seen.result, args, kwargs))

    def _conforming(self, result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        called = f"{self.name}.{self._task.method}(...)" if self._task.method else f"{self.name}(...)"
        return conforming(result, self._task.returns, called, self._given(args, kwargs))

    def _given(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call by their names. Raises `TypeError` if the reference cannot take it."""
        shape = (len(args), frozenset(kwargs))
        if shape not in self._takes:  # asked once for calls alike: it costs more than the forms do
            self._signature.bind(*args, **kwargs)
            self._takes.add(shape)
        return dict(zip(self._positional, args, strict=False)) | kwargs

    def _first(self, result: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Hold the first returned value to its form."""
        form = self.form_at(0)
        return held_to(form, result, f"{self.name}(...) returned as {form.name!r}", self._given(args, kwargs))

    def _attributes(self, shown: dict[str, Any]) -> dict[str, Any]:
        return {
            form.name: held_to(form, shown[form.name], f"{self.name}(...).{form.name} is", {})
            for form in self._task.attributes
        }

    def _all_answered(self, answered: int, calls: int) -> None:
        if answered != calls:
            raise ResultRefused(f"{self.name}(...) answered {answered} of {calls} calls.")


class Drive:
    """Tensors that a student's function moves on, all of them in one exchange per step. Their state stays with it."""

    def __init__(self, function: SolutionFunction, carried: Sequence[tuple[Tensor, ...]]) -> None:
        self._function, self._carried = function, carried
        self._has_begun = False

    def step(self, calls: Sequence[tuple[Any, ...]], kwargs: dict[str, Any], *, whole: bool = False) -> list[Any]:
        """Make one call per tensor, with `CARRIED` in it where parameter and state go.

        Returns per call the first returned value, or with `whole` the tuple of all. Raises `SolutionFault`.
        """
        function = self._function
        begun, self._has_begun = self._has_begun, True
        order = DriveStep(function.name, None if begun else self._carried, calls, kwargs, whole)
        answer = function._channel.drive(order)
        if isinstance(answer, Refused):
            place = answer.number
            function._conforming(answer.result, fill(calls[place], self._carried[place]), kwargs)
            raise ResultRefused(f"{function.name}(...) returned what the next step cannot go on with.")
        function._all_answered(len(answer), len(calls))
        given = [fill(call, carried) for call, carried in zip(calls, self._carried, strict=True)]
        hold = function._conforming if whole else function._first
        return [hold(result, args, kwargs) for result, args in zip(answer, given, strict=True)]


def tensors_in(value: Any) -> list[Tensor]:
    """Return the tensors that a value holds, at whatever depth of lists, tuples and dicts, in their order."""
    if isinstance(value, Tensor):
        return [value]
    held = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    return [tensor for item in held for tensor in tensors_in(item)]


def fill(args: tuple[Any, ...], carried: Sequence[Any]) -> tuple[Any, ...]:
    """Return a step's arguments with the carried values in their places."""
    values = iter(carried)
    return tuple(next(values) if arg is CARRIED else arg for arg in args)


def generator_for(seed: int, name: str) -> torch.Generator:
    """Return the random generator of the check `name` under a job's secret `seed`, on CPU.

    Each check has its own stream, so that its inputs do not depend on which checks ran before it.
    """
    digest = hashlib.sha256(f"{seed}/{name}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)
