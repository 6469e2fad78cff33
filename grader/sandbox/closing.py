"""What an exercise closes, closed in the guest: traps for names, functions without bodies, kernels that refuse.

In the student's process, so standard library and torch only.
"""

from __future__ import annotations

import ctypes
import functools
import gc
import json
import sys
import types
import warnings
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch


class ClosedName(ImportError):
    """Raised where something closed is used."""

    def __init__(self, dotted: str) -> None:
        super().__init__(f"{dotted} is closed in this exercise")
        self.dotted = dotted


class Patterns:
    """What is closed and what is open within it: of the patterns that match a name, the longest decides."""

    def __init__(self, closed: Sequence[str], opened: Sequence[str] = ()) -> None:
        self._closed, self._opened = closed, opened
        rules = [(pattern, True) for pattern in closed] + [(pattern, False) for pattern in opened]
        rules.sort(key=lambda rule: len(rule[0].removesuffix("*")), reverse=True)  # a tie leaves `closed` first
        self._rules = [(pattern.removesuffix("*"), pattern.endswith("*"), closes) for pattern, closes in rules]

    def closes(self, dotted: str) -> bool:
        """Tell whether a name is closed."""
        for beginning, any_end, closes in self._rules:
            if dotted.startswith(beginning) and (any_end or dotted[len(beginning) :][:1] in ("", ".")):
                return closes
        return False

    def leads_through(self, dotted: str) -> bool:
        """Tell whether a name is on the way to something open."""
        return any(pattern.startswith(f"{dotted}.") for pattern in self._opened)

    def closed_among(self, names: Sequence[str]) -> list[str]:
        """Return the closed ones of sorted names."""
        found: dict[str, None] = {}
        for pattern in self._closed:
            if pattern.endswith("*"):
                ranges = [(pattern[:-1], f"{pattern[:-1]}\U0010ffff")]
            else:
                ranges = [(pattern, f"{pattern}\0"), (f"{pattern}.", f"{pattern}/")]
            for first, end in ranges:
                found.update(dict.fromkeys(names[bisect_left(names, first) : bisect_left(names, end)]))
        return [name for name in found if self.closes(name)] if self._opened else list(found)


class Link(NamedTuple):
    """A place where one of torch's modules, the holder, has another module in its namespace."""

    holder: str
    namespace: dict[str, Any]
    name: str


class Survey(NamedTuple):
    """What torch has loaded, by name; the names are sorted."""

    links: dict[str, list[Link]]
    """By the name of the module that is held."""
    modules: list[str]
    members: dict[str, list[str]]
    """What each module has, by the module's name."""
    functions: dict[str, list[tuple[types.FunctionType, types.CodeType]]]
    """The functions whose Python code is mathematics, each with a body that refuses."""
    function_names: list[str]
    operators: list[str]


MATHEMATICS_IN_PYTHON = ("torch.optim", "torch.nn.init", "torch.autograd.graph", "torch._decomp", "torch._refs")
"""Elsewhere in torch the mathematics is in operators, and those `close_operators` holds. All of autograd, also the
method `backward` of a tensor, goes through a function of `torch.autograd.graph`."""


@functools.cache
def survey() -> Survey:
    """Look at torch as it is; asked for once by the zygote, before it freezes its objects, for all guests."""
    loaded = {dotted: module for dotted, module in sys.modules.items() if dotted.partition(".")[0] == "torch"}
    held = [
        (value.__name__, Link(holder, vars(module), name))
        for holder, module in loaded.items()
        for name, value in vars(module).items()
        if issubclass(type(value), types.ModuleType)
    ]
    links: dict[str, list[Link]] = {dotted: [] for dotted in _side_by_side({*loaded, *(dotted for dotted, _ in held)})}
    for dotted, link in held:
        links[dotted].append(link)
    functions: dict[str, list[tuple[types.FunctionType, types.CodeType]]] = {}
    mathematics = tuple(f"{module}." for module in MATHEMATICS_IN_PYTHON)
    for found in gc.get_objects():
        if type(found) is types.FunctionType and f"{found.__module__}.".startswith(mathematics):
            dotted = f"{found.__module__}.{found.__qualname__}"
            functions.setdefault(dotted, []).append((found, _refusing_body(dotted, found.__code__)))
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(found.__code__))  # to free it would cost each guest more
    names = torch._C._dispatch_get_all_op_names()
    return Survey(
        links=links,
        modules=list(links),
        members={dotted: sorted(vars(module)) for dotted, module in loaded.items()},
        functions=functions,
        function_names=_side_by_side(functions),
        operators=_side_by_side(name.removeprefix("aten::") for name in names if name.startswith("aten::")),
    )


def _side_by_side(names: Iterable[str]) -> list[str]:
    """Return sorted names as new objects that are neighbours in memory, since a guest copies each page it touches."""
    copies: list[str] = json.loads(json.dumps(sorted(names)))
    return copies


def _refusing_body(dotted: str, body: types.CodeType) -> types.CodeType:
    constants = tuple(dotted if constant == "" else constant for constant in _refuse.__code__.co_consts)
    return _refuse.__code__.replace(co_consts=constants, co_freevars=body.co_freevars)


def _refuse(*_: Any, **__: Any) -> None:
    from grader.sandbox.closing import ClosedName  # noqa: PLC0415 - it runs with the globals of the closed function

    raise ClosedName("")


def close_names(closed: Sequence[str], opened: Sequence[str] = ()) -> None:
    """Close `torch.optim` with all below it, `torch._foreach_*` by its beginning, but not what is opened within.

    Traps stand in `sys.modules` and wherever torch's open modules hold a closed one (`torch.functional.F`). Functions
    that are mathematics in Python lose their bodies, for torch itself too: whatever path leads to one, it refuses.
    Private modules (`torch._C`) stay, since compiled code looks names up in them while a student's function runs: a
    plain use of them is refused before the guest starts, and what mathematics in Python they have loses its body.
    Nothing can be open below a closed module that the zygote had not loaded.
    """
    public = [pattern for pattern in closed if not _is_private_module(pattern)]
    patterns, torch_has = Patterns(public, opened), survey()
    modules = dict.fromkeys(patterns.closed_among(torch_has.modules))
    for dotted in modules:
        links = torch_has.links[dotted]
        module = sys.modules[dotted] if dotted in sys.modules else links[0].namespace[links[0].name]
        trap = sys.modules[dotted] = _Trap(dotted, module, patterns)
        for holder, namespace, name in links:
            if holder not in modules:
                namespace[name] = trap
    for pattern in public:
        _trap_members(pattern, patterns)
    for dotted in Patterns(closed, opened).closed_among(torch_has.function_names):
        for function, body in torch_has.functions[dotted]:
            function.__code__ = body
    sys.meta_path.insert(0, _ClosedFinder(patterns))


def _trap_members(pattern: str, patterns: Patterns) -> None:
    """Put traps where a module holds closed functions and classes."""
    parent, _, member = pattern.rpartition(".")
    if parent not in survey().members or type(sys.modules[parent]) is _Trap:
        return
    names = Patterns([member]).closed_among(survey().members[parent])
    namespace = vars(sys.modules[parent])
    for name in names:
        dotted = f"{parent}.{name}"
        if type(namespace[name]) is not _Trap and patterns.closes(dotted):
            namespace[name] = _Trap(dotted, namespace[name], patterns)


def _is_private_module(dotted: str) -> bool:
    return dotted in sys.modules and dotted.rpartition(".")[2].startswith("_")


class _Trap(types.ModuleType):
    """Stands where a closed module or function was: any use of it says so, but for what is opened below it.

    Except to torch itself, which looks into its closed parts while it does what is open: printing a tensor asks
    whether it is a `torch.nn.Parameter`.
    """

    def __init__(self, dotted: str, closed: Any, patterns: Patterns) -> None:
        super().__init__(dotted)
        _behind[id(self)] = dotted, closed, patterns

    def __getattr__(self, name: str) -> Any:
        dotted, closed, patterns = _behind[id(self)]
        member = f"{dotted}.{name}"
        if not patterns.closes(member) or patterns.leads_through(member) or _is_torch_asking():
            value = getattr(closed, name)
            return sys.modules.get(value.__name__, value) if isinstance(value, types.ModuleType) else value
        if name == "__path__":  # so that an import below it is answered by `_ClosedFinder`
            return closed.__path__
        if name.startswith("__"):  # who walks through `sys.modules` asks every module for its `__file__`
            raise AttributeError(name)
        raise ClosedName(member if patterns.leads_through(dotted) else dotted)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        dotted, closed, _ = _behind[id(self)]
        if _is_torch_asking():
            return closed(*args, **kwargs)
        raise ClosedName(dotted)


_behind: dict[int, tuple[str, Any, Patterns]] = {}
"""What each trap stands for: its name, the closed thing, and the patterns that closed it."""


def _is_torch_asking() -> bool:
    """Tell whether the caller's caller is code in one of torch's files, in that file's own namespace."""
    caller: types.FrameType | None = sys._getframe(2)
    while caller is not None and caller.f_code.co_filename.startswith("<frozen importlib"):
        caller = caller.f_back
    if caller is None:
        return False
    file = caller.f_code.co_filename
    return file.startswith(_TORCH_FOLDER) and caller.f_globals.get("__file__") == file


_TORCH_FOLDER = f"{Path(torch.__file__).parent}/"


class _ClosedFinder:
    """Refuses the import of a closed module that was not imported before it was closed, but not to torch itself."""

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002
        if self._patterns.closes(name) and not _is_torch_asking():
            raise ClosedName(name)


def close_operators(closed: Sequence[str]) -> None:
    """Make torch's dispatcher refuse operators, by whatever Python name they are reached, with all their overloads.

    This holds what no trap can: `torch._C._VariableFunctions._fused_adam_` and its kin end at the same operator.
    """
    names = Patterns(closed).closed_among(survey().operators)
    if not names:
        return
    library = torch._C._dispatch_library("IMPL", "aten", "CPU", __file__, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that a kernel is replaced, which is the point
        for name in names:
            library.impl(name, "CPU", _refusing(name))
    # The kernels stand as long as this object lives, and until it is reset. Nothing in Python refers to it; whoever
    # finds it in memory all the same finds no way to reset it.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(library))
    del type(library).reset


def _refusing(name: str) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise ClosedName(f"torch.ops.aten.{name.partition('.')[0]}")

    return refuse
