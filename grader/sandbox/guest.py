"""The guest: loads the student's file and answers calls. Everything it says is data for the judge to doubt.

Runs in the student's process, so it imports nothing but the standard library, torch and the wire; it knows no test,
no expected value and no points.
"""

from __future__ import annotations

import importlib.util
import socket
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import torch

from grader.sandbox import wire

_MESSAGE_CHARACTERS = 2000


class ClosedName(ImportError):
    """Raised by the trap that stands where a closed module was."""

    def __init__(self, dotted: str) -> None:
        super().__init__(f"{dotted} is closed in this exercise")
        self.dotted = dotted


def serve(connection: socket.socket, limits: wire.Limits) -> None:
    """Answer the judge until it hangs up: first one `load`, then any number of `call`."""
    module: types.ModuleType | None = None
    while True:
        try:
            request = wire.receive(connection, limits)
        except wire.Closed:
            return
        if request["do"] == "load":
            answer = _load(request)
            module = answer.pop("module", None)
        else:
            answer = _ANSWERS[request["do"]](module, request)
        wire.send(connection, _frame(answer))


def _frame(answer: dict[str, Any]) -> bytes:
    try:
        return wire.encode(answer)
    except wire.Unsendable as error:
        return wire.encode({"unsendable": str(error)[:_MESSAGE_CHARACTERS]})


def _load(request: dict[str, Any]) -> dict[str, Any]:
    for name, text in request["files"].items():
        Path(name).write_bytes(text.encode("latin-1"))
    close_names(request["closed"])
    name = Path(request["main"]).stem
    sys.path.insert(0, str(Path.cwd()))
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location(name, Path(request["main"]).absolute())
    assert spec is not None and spec.loader is not None, "a .py file has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt of a student's are answers too
        return _raised(error)
    return {"module": module, "loaded": True}


def _call(module: types.ModuleType | None, request: dict[str, Any]) -> dict[str, Any]:
    function = getattr(module, request["function"], None)
    if not callable(function):
        return {"missing": request["function"]}
    args = request["args"]
    try:
        result = function(*args, **request["kwargs"])
    except BaseException as error:  # noqa: BLE001 - as above
        return _raised(error)
    if not request["observe"]:
        return {"result": result}
    return {"result": result, "arguments": args, "shared": _shared(result, args)}


def _walk(module: types.ModuleType | None, request: dict[str, Any]) -> dict[str, Any]:
    """Call the function step after step, each on copies, so that what one step keeps or changes is its own."""
    function = getattr(module, request["function"], None)
    if not callable(function):
        return {"missing": request["function"]}
    carried, results = request["carried"], []
    for step in request["steps"]:
        args = list(step["args"])
        for place, value in zip(request["places"], carried, strict=True):
            args[place] = value
        try:
            result = function(*args, **step["kwargs"])
        except BaseException as error:  # noqa: BLE001 - as above
            return _raised(error)
        values = result if isinstance(result, (tuple, list)) else (result,)
        if len(values) != len(carried) or not all(isinstance(value, torch.Tensor) for value in values):
            results.append(result)
            break
        kept = tuple(value.detach().clone() for value in values)
        results.append(kept if isinstance(result, (tuple, list)) else kept[0])
        carried = tuple(value.clone() for value in kept)
    return {"results": results}


_ANSWERS = {"call": _call, "walk": _walk}


def _raised(error: BaseException) -> dict[str, Any]:
    """Describe an exception: the names of its classes, its text, and the line of the student's file it came from."""
    line = 0
    here = error.__traceback__
    while here is not None:
        if Path(here.tb_frame.f_code.co_filename).parent == Path.cwd():
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


def _shared(result: Any, args: Sequence[Any]) -> list[int]:
    memory = {arg.untyped_storage().data_ptr() for arg in args if isinstance(arg, torch.Tensor) and arg.numel()}
    results = result if isinstance(result, (tuple, list)) else [result]
    return [
        index
        for index, value in enumerate(results)
        if isinstance(value, torch.Tensor) and value.numel() and value.untyped_storage().data_ptr() in memory
    ]


class _Trap(types.ModuleType):
    """Stands where a closed module was: any use of it says so."""

    def __getattr__(self, name: str) -> NoReturn:
        raise ClosedName(self.__name__)

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        raise ClosedName(self.__name__)


class _ClosedFinder:
    """Answers every import of a closed module."""

    def __init__(self, closed: Callable[[str], bool]) -> None:
        self._closed = closed

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002
        if self._closed(name):
            raise ClosedName(name)


def close_names(patterns: Sequence[str]) -> None:
    """Put traps where the closed names are: `torch.optim` with all below it, `torch._foreach_*` by its beginning.

    Private modules (`torch._C`) stay, since torch's own functions look names up in them while they run; a plain use
    of them is refused before the guest starts.
    """
    plain = [pattern for pattern in patterns if not pattern.endswith("*") and not _is_private_module(pattern)]

    def is_closed(dotted: str) -> bool:
        return any(dotted == name or dotted.startswith(f"{name}.") for name in plain)

    for dotted in [name for name in sys.modules if is_closed(name)]:
        del sys.modules[dotted]
    for pattern in patterns:
        parent_name, _, attribute = pattern.rpartition(".")
        parent = vars(sys.modules[parent_name]) if parent_name in sys.modules else {}
        beginning = attribute.removesuffix("*")
        found = [name for name in parent if name == attribute or (name.startswith(beginning) and pattern[-1] == "*")]
        for name in found:
            if not _is_private_module(f"{parent_name}.{name}"):
                parent[name] = _Trap(f"{parent_name}.{name}")
    sys.meta_path.insert(0, _ClosedFinder(is_closed))


def _is_private_module(dotted: str) -> bool:
    return dotted in sys.modules and dotted.rpartition(".")[2].startswith("_")
