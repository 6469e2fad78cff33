"""The guest: loads the student's file and answers calls. Everything it says is data for the judge to doubt.

Runs in the student's process, so it imports nothing but the standard library, torch and the wire; it knows no test,
no expected value and no points.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import itertools
import socket
import sys
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from grader.sandbox import wire
from grader.sandbox.closing import ClosedName, close_names, close_operators
from grader.sandbox.plain import carried_on, on_device, parts, shared_with
from grader.sandbox.watching import watch

_MESSAGE_CHARACTERS = 2000


@dataclass
class _Student:
    """The student's module, once it is loaded, and the device that its arguments lie on."""

    module: types.ModuleType | None = None
    device: str = "cpu"
    observed: int = 0
    """How many calls were observed so far."""
    driven: list[tuple[torch.Tensor, ...]] = field(default_factory=list)
    """What the function that is driven returned last, for each of the tensors that it moves on."""


def serve(connection: socket.socket, requests: wire.Limits, results: wire.Limits) -> None:
    """Answer the judge until it hangs up: first one `load`, then any number of `call`."""
    student = _Student()
    while True:
        try:
            request = wire.receive(connection, requests)
        except wire.Closed:
            return
        wire.send(connection, _answer(student, request, results))


def _answer(student: _Student, request: dict[str, Any], limits: wire.Limits) -> list[wire.Part]:
    try:
        return wire.frame(_ANSWERS[request["do"]](student, request), limits)
    except wire.TooDeep as error:
        return wire.frame({"too_deep": str(error)[:_MESSAGE_CHARACTERS]})
    except wire.Unsendable as error:
        return wire.frame({"unsendable": str(error)[:_MESSAGE_CHARACTERS]})
    except (MemoryError, RuntimeError) as error:  # copying what was returned takes memory, too
        return wire.frame(_raised(error, student.module))


def _load(student: _Student, request: dict[str, Any]) -> dict[str, Any]:
    close_operators(request["closed_operators"])
    close_names(request["closed"], request["opened"])
    watch(request["closed"], request["opened"])
    name, *others = request["files"]
    sources = {name: source.encode("latin-1") for name, source in request["files"].items()}
    sys.meta_path.insert(0, _Companions({Path(other).stem: sources[other] for other in others}))
    loader = _FromMemory(f"{Path.cwd() / name}", sources[name])
    spec = importlib.util.spec_from_loader(Path(name).stem, loader, origin=loader.path)
    assert spec is not None, "a loader makes a spec"
    spec.has_location = True
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(Path.cwd()))
    sys.modules[module.__name__] = module
    try:
        loader.exec_module(module)
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt of a student's are answers too
        if isinstance(error, SyntaxError) and error.filename == loader.path:
            return {"syntax": [error.msg, error.lineno, error.offset]}
        return _raised(error, module)
    student.module, student.device = module, request["device"]
    return {"loaded": True}


class _FromMemory(importlib.abc.SourceLoader):
    """Imports the student's file without a file: there are guests that can write none."""

    def __init__(self, path: str, source: bytes) -> None:
        self.path, self._source = path, source

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002 - it knows but one
        return self.path

    def get_data(self, path: str | bytes) -> bytes:
        if path != self.path:
            raise OSError(f"no file {path!r}")
        return self._source


class _Companions(importlib.abc.MetaPathFinder):
    """Finds the other files of a submission, by the names of their modules."""

    def __init__(self, sources: dict[str, bytes]) -> None:
        self._sources = sources

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._sources:
            return None
        loader = _FromMemory(f"{Path.cwd() / fullname}.py", self._sources[fullname])
        return importlib.util.spec_from_loader(fullname, loader, origin=loader.path)


def _call(student: _Student, request: dict[str, Any]) -> dict[str, Any]:
    function = getattr(student.module, request["function"], None)
    if not callable(function):
        return {"missing": request["function"]}
    args, kwargs = on_device((request["args"], request["kwargs"]), student.device)
    drawn_before = _fresh_random_state(student) if request["observe"] else None
    try:
        result = function(*args, **kwargs)
    except BaseException as error:  # noqa: BLE001 - as above
        return _raised(error, student.module)
    if drawn_before is None:
        return {"result": result}
    drew = not torch.equal(drawn_before, torch.default_generator.get_state())
    return {"result": result, "arguments": args, "shared": shared_with(result, args), "drew_globally": drew}


def _walk(student: _Student, request: dict[str, Any]) -> dict[str, Any]:
    """Call the function step after step, each on copies, so that what one step keeps or changes is its own."""
    function = getattr(student.module, request["function"], None)
    if not callable(function):
        return {"missing": request["function"]}
    carried, steps = on_device((request["carried"], request["steps"]), student.device)
    results: list[Any] = []
    for step in steps:
        args = list(step["args"])
        for place, value in zip(request["places"], carried, strict=True):
            args[place] = value
        try:
            result = function(*args, **step["kwargs"])
        except BaseException as error:  # noqa: BLE001 - as above
            return _raised(error, student.module)
        kept = carried_on(result, carried)
        if kept is None:
            results.append(result)
            break
        results.append(kept[0] if parts(result) is None else kept)
        carried = tuple(value.clone() for value in kept)
    return {"results": results}


def _drive(student: _Student, request: dict[str, Any]) -> dict[str, Any]:
    """Move several tensors on by one step each. What a step returned is kept here and goes into the next one.

    The answer holds all that each call returned, or the first value alone: a state need not cross at every step.
    """
    function = getattr(student.module, request["function"], None)
    if not callable(function):
        return {"missing": request["function"]}
    if request["carried"] is not None:
        student.driven = list(on_device(request["carried"], student.device))
    calls, kwargs = on_device((request["calls"], request["kwargs"]), student.device)
    results: list[Any] = []
    for number, call in enumerate(calls):
        args = list(call)
        for place, value in zip(request["places"], student.driven[number], strict=True):
            args[place] = value
        try:
            result = function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - as above
            return _raised(error, student.module)
        kept = carried_on(result, student.driven[number], copied=False)
        if kept is None:
            return {"refused": result, "number": number}
        student.driven[number] = kept
        results.append(kept if request["whole"] and parts(result) is not None else kept[0])
    return {"results": results}


def _fresh_random_state(student: _Student) -> torch.Tensor:
    """Put torch's global generator into a state that it had before no other call, and return it.

    So a call that seeds it shows, also if an earlier one has seeded it with the same number.
    """
    student.observed += 1
    torch.default_generator.manual_seed(_NOBODYS_SEED + student.observed)
    return torch.default_generator.get_state()


_NOBODYS_SEED = 0x5EED_0F_0B5E_2FED


def _many(student: _Student, request: dict[str, Any]) -> dict[str, Any]:
    """Call the function once per item, each for itself."""
    function = getattr(student.module, request["function"], None)
    if not callable(function):
        return {"missing": request["function"]}
    try:
        return {
            "results": [
                function(*call["args"], **call["kwargs"]) for call in on_device(request["calls"], student.device)
            ]
        }
    except BaseException as error:  # noqa: BLE001 - as above
        return _raised(error, student.module)


def _trace(student: _Student, request: dict[str, Any]) -> dict[str, Any]:
    """Make an object of the class, call its method once per item, and tell its attributes at first and after each."""
    made_by = getattr(student.module, request["function"], None)
    if not callable(made_by):
        return {"missing": request["function"]}
    names = request["attributes"]
    kwargs, calls, beside = on_device((request["kwargs"], request["calls"], request["beside"]), student.device)
    try:
        made = made_by(**kwargs)
        other, its_calls = (made_by(**beside[0]), iter(beside[1])) if beside else (None, iter(()))
        start, moments = {name: getattr(made, name) for name in names}, []
        for args in calls:
            for its_args in itertools.islice(its_calls, 1):
                getattr(other, request["method"])(*its_args)
            result = getattr(made, request["method"])(*args)
            moments.append((result, {name: getattr(made, name) for name in names}))
    except BaseException as error:  # noqa: BLE001 - as above
        return _raised(error, student.module)
    return {"start": start, "moments": moments}


_ANSWERS = {"load": _load, "call": _call, "walk": _walk, "many": _many, "trace": _trace, "drive": _drive}


def _raised(error: BaseException, module: types.ModuleType | None) -> dict[str, Any]:
    """Describe an exception: the names of its classes, its text, and the line of the student's file it came from."""
    line, main = 0, getattr(module, "__file__", None)
    here = error.__traceback__
    while here is not None:
        if here.tb_frame.f_code.co_filename == main:
            line = here.tb_lineno
        here = here.tb_next
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - a __str__ of the student's may raise whatever it likes
        text = ""
    return {
        "raised": [kind.__name__ for kind in type(error).__mro__][:16],
        "text": text[:_MESSAGE_CHARACTERS],
        "line": line,
        "closed": error.dotted if isinstance(error, ClosedName) else None,
    }
