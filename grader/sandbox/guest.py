"""The guest: loads the student's file and answers calls. Everything it says is data for the judge to doubt.

Runs in the student's process, so it imports nothing but the standard library, torch and the wire; it knows no test,
no expected value and no points.
"""

from __future__ import annotations

import importlib.util
import socket
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from grader.sandbox import wire
from grader.sandbox.closing import ClosedName, close_names, close_operators

_MESSAGE_CHARACTERS = 2000


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
    close_operators(request["closed_operators"])
    close_names(request["closed"])
    main = Path(request["main"]).absolute()
    sys.path.insert(0, str(main.parent))
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location(main.stem, main)
    assert spec is not None and spec.loader is not None, "a .py file has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[main.stem] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt of a student's are answers too
        if isinstance(error, SyntaxError) and error.filename == str(main):
            return {"syntax": [error.msg, error.lineno, error.offset, error.text]}
        return _raised(error, module)
    return {"module": module, "loaded": True}


def _call(module: types.ModuleType | None, request: dict[str, Any]) -> dict[str, Any]:
    function = getattr(module, request["function"], None)
    if not callable(function):
        return {"missing": request["function"]}
    args = request["args"]
    try:
        result = function(*args, **request["kwargs"])
    except BaseException as error:  # noqa: BLE001 - as above
        return _raised(error, module)
    if not request["observe"]:
        return {"result": result}
    return {"result": result, "arguments": args, "shared": shared_with(result, args)}


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
            return _raised(error, module)
        values = result if isinstance(result, (tuple, list)) else (result,)
        if len(values) != len(carried) or not all(isinstance(value, torch.Tensor) for value in values):
            results.append(result)
            break
        kept = tuple(value.detach().clone() for value in values)
        results.append(kept if isinstance(result, (tuple, list)) else kept[0])
        carried = tuple(value.clone() for value in kept)
    return {"results": results}


_ANSWERS = {"call": _call, "walk": _walk}


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


def shared_with(result: Any, args: Sequence[Any]) -> list[int]:
    """Return the positions of the result's tensors whose memory is also an argument's."""
    memory = {_memory(arg) for arg in args} - {None}
    results = result if isinstance(result, (tuple, list)) else [result]
    return [index for index, value in enumerate(results) if _memory(value) in memory]


def _memory(value: Any) -> int | None:
    """Return where the memory of a plain tensor begins; `None` for anything else, and for an empty one."""
    if not isinstance(value, torch.Tensor) or value.layout is not torch.strided or not value.numel():
        return None
    return value.untyped_storage().data_ptr() if value.device.type == "cpu" else None
