"""What an exercise closes, closed in the guest: traps in torch's namespaces, refusing kernels in torch's dispatcher.

In the student's process, so standard library and torch only.
"""

from __future__ import annotations

import ctypes
import fnmatch
import functools
import sys
import types
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch


class ClosedName(ImportError):
    """Raised by the trap that stands where a closed module was."""

    def __init__(self, dotted: str) -> None:
        super().__init__(f"{dotted} is closed in this exercise")
        self.dotted = dotted


class _Trap(types.ModuleType):
    """Stands where a closed module or function was: any use of it says so.

    Except to torch itself, which looks into its closed parts while it does what is open: printing a tensor asks
    whether it is a `torch.nn.Parameter`.
    """

    def __init__(self, dotted: str, closed: Any) -> None:
        super().__init__(dotted)
        _behind[id(self)] = closed

    def __getattr__(self, name: str) -> Any:
        if _is_torch_asking():
            return getattr(_behind[id(self)], name)
        if name.startswith("__"):  # who walks through `sys.modules` asks every module for its `__file__`
            raise AttributeError(name)
        raise ClosedName(self.__name__)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if _is_torch_asking():
            return _behind[id(self)](*args, **kwargs)
        raise ClosedName(self.__name__)


_behind: dict[int, Any] = {}
"""What each trap stands for, for torch's own use."""


def _is_torch_asking() -> bool:
    """Tell whether a trap was reached from code in one of torch's files, in that file's own namespace."""
    caller: types.FrameType | None = sys._getframe(2)
    while caller is not None and caller.f_code.co_filename.startswith("<frozen importlib"):
        caller = caller.f_back
    if caller is None:
        return False
    file = caller.f_code.co_filename
    return file.startswith(_TORCH_FOLDER) and caller.f_globals.get("__file__") == file


_TORCH_FOLDER = f"{Path(torch.__file__).parent}/"


class _ClosedFinder:
    """Answers every import of a closed module that was not imported before it was closed."""

    def __init__(self, closed: Callable[[str], bool]) -> None:
        self._closed = closed

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002
        if self._closed(name):
            raise ClosedName(name)


@functools.cache
def module_links() -> tuple[tuple[dict[str, Any], str, str], ...]:
    """Return every place where one of torch's modules holds another: the namespace, the name in it, the other's name.

    Asked for once by the zygote, so that every guest finds it done.
    """
    return tuple(
        (vars(module), name, value.__name__)
        for dotted, module in list(sys.modules.items())
        if dotted.partition(".")[0] == "torch"
        for name, value in list(vars(module).items())
        if issubclass(type(value), types.ModuleType)
    )


def close_names(patterns: Sequence[str]) -> None:
    """Put traps where the closed names are: `torch.optim` with all below it, `torch._foreach_*` by its beginning.

    Closed modules are replaced wherever torch holds them (`torch.functional.F`). Private modules (`torch._C`) stay,
    since compiled code looks names up in them while a student's function runs; a plain use of them is refused before
    the guest starts.
    """
    plain = {pattern for pattern in patterns if not pattern.endswith("*") and not _is_private_module(pattern)}
    below = tuple(f"{name}." for name in plain)

    def is_closed(dotted: str) -> bool:
        return dotted in plain or dotted.startswith(below)

    links = [link for link in module_links() if is_closed(link[2])]
    for dotted in [name for name in sys.modules if is_closed(name)]:
        sys.modules[dotted] = _Trap(dotted, sys.modules[dotted])
    for namespace, name, dotted in links:
        namespace[name] = sys.modules[dotted] if dotted in sys.modules else _Trap(dotted, namespace[name])
    for pattern in patterns:
        parent_name, _, attribute = pattern.rpartition(".")
        parent = vars(sys.modules[parent_name]) if parent_name in sys.modules else {}
        beginning = attribute.removesuffix("*")
        names = [attribute] if beginning == attribute else [name for name in parent if name.startswith(beginning)]
        for name in names:
            dotted = f"{parent_name}.{name}"
            if name in parent and type(parent[name]) is not _Trap and not _is_private_module(dotted):
                parent[name] = _Trap(dotted, parent[name])
    sys.meta_path.insert(0, _ClosedFinder(is_closed))


@functools.cache
def operators() -> tuple[str, ...]:
    """Return the names of torch's own operators, with their overloads. Asked for once by the zygote, as above."""
    names = torch._C._dispatch_get_all_op_names()
    return tuple(name.removeprefix("aten::") for name in names if name.startswith("aten::"))


def close_operators(patterns: Sequence[str]) -> None:
    """Make torch's dispatcher refuse the operators whose names match, by whatever Python name they are reached.

    This holds what no trap can: `torch._C._VariableFunctions._fused_adam_` and its kin end at the same operator.
    """
    closed = [name for name in operators() if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]
    if not closed:
        return
    library = torch._C._dispatch_library("IMPL", "aten", "CPU", __file__, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that a kernel is replaced, which is the point
        for name in closed:
            library.impl(name, "CPU", _refusing(name))
    # The kernels stand as long as this object lives. Nothing in Python refers to it, so nothing can find and end it.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(library))


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise ClosedName(f"torch.ops.aten.{name.partition('.')[0]}")

    return refuse


def _is_private_module(dotted: str) -> bool:
    return dotted in sys.modules and dotted.rpartition(".")[2].startswith("_")
