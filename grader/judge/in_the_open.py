"""Run a hidden suite against a file in this very process: for authors of suites and for benchmarks, never to grade.

pytest -p grader.judge.in_the_open grader/suites/adaptive --solution grader/suites/adaptive/reference.py
"""

from __future__ import annotations

import copy
import itertools
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.catalog import load_exercise
from grader.judge.faults import raised
from grader.judge.plugin import SuitePlugin
from grader.judge.reference import load_module
from grader.judge.suite import CARRIED, DriveStep, Life, Observation, Refused, Step, fill
from grader.sandbox.plain import as_tensor, carried_on, parts, shared_with
from grader.settings import REPOSITORY


class OpenChannel:
    """Calls a module's functions in process, on copies of the arguments, and returns copies of the results."""

    def __init__(self, module: dict[str, Any]) -> None:
        self._module = module
        self._driven: list[tuple[torch.Tensor, ...]] = []

    def call(self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, observe: bool) -> Observation:
        mine = tuple(_copy(arg) for arg in args)
        if not observe:
            return Observation(_taken(_run(lambda: self._module[function](*mine, **_copy(kwargs)))))
        torch.seed()  # a state that no call had before, so that seeding it again shows
        before = torch.get_rng_state()
        result = _run(lambda: self._module[function](*mine, **_copy(kwargs)))
        drew = not torch.equal(before, torch.get_rng_state())
        return Observation(_taken(result), mine, tuple(shared_with(result, mine)), drew)

    def walk(
        self, function: str, carried: tuple[Any, ...], steps: Sequence[Step], meanwhile: Callable[[], None]
    ) -> list[Any]:
        meanwhile()
        results = []
        for step in steps:
            result = self.call(function, fill(step.args, carried), step.kwargs, observe=False).result
            results.append(result)
            kept = carried_on(result, carried)
            if kept is None:
                break
            carried = kept
        return results

    def many(self, function: str, calls: Sequence[Step]) -> list[Any]:
        return [self.call(function, call.args, call.kwargs, observe=False).result for call in calls]

    def trace(self, life: Life) -> tuple[Any, list[tuple[Any, Any]]]:
        made = _run(lambda: self._module[life.function](**_copy(life.kwargs)))
        settings, calls = life.beside or ({}, ())
        other = _run(lambda: self._module[life.function](**_copy(settings))) if life.beside else None
        others_calls = iter(calls)

        def shown() -> dict[str, Any]:
            return {name: _taken(_run(partial(getattr, made, name))) for name in life.attributes}

        start, moments = shown(), []
        for args in life.calls:
            for others_args in itertools.islice(others_calls, 1):
                _run(partial(getattr(other, life.method), *_copy(others_args)))
            method = _run(partial(getattr, made, life.method))
            moments.append((_taken(_run(partial(method, *_copy(args)))), shown()))
        return start, moments

    def drive(self, step: DriveStep) -> list[Any] | Refused:
        if step.carried is not None:
            self._driven = [tuple(_copy(value) for value in values) for values in step.carried]
        results: list[Any] = []
        for number, call in enumerate(step.calls):
            args = fill(tuple(arg if arg is CARRIED else _copy(arg) for arg in call), self._driven[number])
            result = _run(partial(self._module[step.function], *args, **_copy(step.kwargs)))
            kept = carried_on(result, self._driven[number], copied=False)
            if kept is None:
                return Refused(result, number)
            self._driven[number] = kept
            results.append(_taken(kept if step.whole and parts(result) is not None else kept[0]))
        return results


def _run(work: Callable[[], Any]) -> Any:
    """Do some work of the solution's; whatever it raises is the check's to judge."""
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - as said
        raise raised([kind.__name__ for kind in type(error).__mro__], f"{type(error).__name__}: {error}") from None


def _taken(result: Any) -> Any:
    """Return a result with tensors of their own, as if it had come over the wire."""
    if type(result) is dict:
        return {key: _taken(item) for key, item in result.items()}
    if (held := parts(result)) is not None:
        return (list if isinstance(result, list) else tuple)(_taken(item) for item in held)
    tensor = as_tensor(result)
    return result if tensor is None else tensor.clone()


def _copy(value: Any) -> Any:
    """Copy a tensor with its strides, so that a non-contiguous argument stays one."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(_copy(item) for item in value)
    if not isinstance(value, torch.Tensor):
        return copy.deepcopy(value)
    value = value.detach()
    memory = value.untyped_storage().clone()
    return torch.empty(0, dtype=value.dtype).set_(memory, value.storage_offset(), value.shape, value.stride())


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--exercise", type=Path, help="the exercise's folder; default: that of the suite's name here")
    parser.addoption("--solution", type=Path, required=True, help="the solution file to hold the suite against")
    parser.addoption("--seed", type=int, default=0, help="the seed of the checks' random inputs")


def pytest_configure(config: pytest.Config) -> None:
    torch.set_num_threads(1)
    suite = Path(config.args[0]).resolve()
    sys.path.append(str(suite))
    folder = config.getoption("--exercise") or REPOSITORY / "exercises" / suite.name
    plugin = SuitePlugin(load_exercise(folder), load_module(suite / "reference.py"))
    plugin.seed = config.getoption("--seed")
    plugin.channel = OpenChannel(load_module(config.getoption("--solution")))
    config.pluginmanager.register(plugin, "gradescent-suite")
