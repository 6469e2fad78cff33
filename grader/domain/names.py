"""What the names in a submission stand for: follows imports and aliases from step to step of a module.

A name that may stand for two things, or for what only running can tell, stands for nothing here.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection
from typing import Any, ClassVar, NamedTuple

from grader.domain.steps import NOTHING_YET, Scope, Step, base_of, bound_by, steps


class Use(NamedTuple):
    """A place where something imported is used: where it begins, and its full dotted name."""

    line: int
    column: int
    name: str


def uses(tree: ast.Module, modules: Collection[str]) -> list[Use]:
    """Return each import, and each use of something in one of `modules`.

    A use is plain, or through an alias, or spelled in a constant string (`getattr(torch, "optim")`). Whoever wrote the
    tree, there is no recursion, and the time grows with its size times the depth of its scopes.
    """
    reader = _Reader(modules)
    for step in steps(tree):
        reader.take(step)
    return reader.uses


class _Reader:
    """Takes step after step, learns what each name stands for, and notes the uses."""

    def __init__(self, modules: Collection[str]) -> None:
        self.uses: list[Use] = []
        self._followed = _WAYS | set(modules) | {f"{module}{_NAMESPACE}" for module in modules}
        self._star_modules: set[str] = set()
        self._values: dict[ast.AST, str] = {}

    def take(self, step: Step) -> None:
        scope, node, name, owner = step
        if owner is None:
            self._READS[type(node)](self, scope, node)
        elif not (isinstance(node, ast.Constant) and node.value is None):  # `None` only keeps a name's place
            owner.bind(name, self._value(scope, node))

    def _value(self, scope: Scope, node: ast.AST | None) -> str | None:
        """Return what an expression stands for, its parts having been read."""
        while isinstance(node, ast.NamedExpr):
            node = node.value
        if isinstance(node, ast.Name):
            return self._meaning(scope, node.id)
        return None if node is None else self._values.get(node)

    def _meaning(self, scope: Scope, name: str) -> str | None:
        owner: Scope | None = scope
        while owner:
            if name in owner.meanings and (owner is scope or not owner.is_class):
                meaning = owner.meanings[name]
                if meaning != NOTHING_YET or owner.is_local:
                    return meaning or None
            owner = owner.parent
        if hasattr(builtins, name):
            return f"builtins.{name}"
        return f"{next(iter(self._star_modules))}.{name}" if len(self._star_modules) == 1 else None

    def _note(self, node: ast.stmt | ast.expr, name: str) -> None:
        self.uses.append(Use(node.lineno, node.col_offset, name))

    def _note_value(self, node: ast.expr, name: str) -> None:
        self._note(node, name)
        if name in self._followed:
            self._values[node] = name

    def _read_import(self, scope: Scope, node: ast.Import) -> None:
        for item in node.names:
            self._note(node, item.name)
            bound = bound_by(node, item)
            name = item.name if item.asname else bound
            scope.bind(bound, name if name in self._followed else None)

    def _read_import_from(self, scope: Scope, node: ast.ImportFrom) -> None:
        module = "" if node.level else node.module or ""
        self._note(node, module)
        for item in node.names:
            name = f"{module}.{item.name}"
            if item.name != "*":
                self._note(node, name)
                scope.bind(bound_by(node, item), name if name in self._followed else None)
            else:
                self._star_modules.add(module)

    def _read_name(self, scope: Scope, node: ast.Name) -> None:
        if name := self._meaning(scope, node.id):
            self._note(node, name)

    def _read_attribute(self, scope: Scope, node: ast.Attribute) -> None:
        if value := self._value(scope, base_of(node)):
            self._note_value(node, f"{value}.{_attributes_of(node)}")

    def _read_subscript(self, scope: Scope, node: ast.Subscript) -> None:
        value, key = self._value(scope, node.value), _text(node.slice)
        if value == "sys.modules" and key:
            self._note_value(node, key)
        elif value and value.endswith(_NAMESPACE) and key:
            self._note_value(node, f"{value.removesuffix(_NAMESPACE)}.{key}")

    def _read_call(self, scope: Scope, node: ast.Call) -> None:
        function = self._value(scope, node.func)
        if function == "builtins.vars":
            if value := self._value(scope, _argument(node, 0)):
                self._note_value(node, f"{value}{_NAMESPACE}")
        elif function == "builtins.getattr":
            value, member = self._value(scope, _argument(node, 0)), _text(_argument(node, 1))
            if value and member:
                self._note_value(node, f"{value}.{member}")
        elif function in _IMPORTS and (name := _text(_argument(node, 0, "name"))):
            self._read_import_call(node, function, name)

    def _read_import_call(self, node: ast.Call, function: str, name: str) -> None:
        if function == "importlib.import_module":
            package = _text(_argument(node, 1, "package")) or ""
            self._note_value(node, f"{package}{name}" if name.startswith(".") else name)
        else:
            self._note(node, name)
            self._note_value(node, name if _argument(node, 3, "fromlist") else name.partition(".")[0])

    _READS: ClassVar[dict[type, Any]] = {
        ast.Import: _read_import,
        ast.ImportFrom: _read_import_from,
        ast.Name: _read_name,
        ast.Attribute: _read_attribute,
        ast.Subscript: _read_subscript,
        ast.Call: _read_call,
    }


_NAMESPACE = ".__dict__"
_IMPORTS = ("importlib.import_module", "importlib.__import__", "builtins.__import__")
_WAYS = {"builtins", "builtins.getattr", "builtins.vars", "importlib", "sys", "sys.modules", *_IMPORTS}
"""What leads to modules, and is followed like them."""


def _argument(node: ast.Call, position: int, keyword: str = "") -> ast.expr | None:
    if position < len(node.args):
        return node.args[position]
    return next((given.value for given in node.keywords if given.arg == keyword), None)


def _attributes_of(node: ast.expr) -> str:
    """Return a chain of attributes without what it begins with."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed(parts))


def _text(node: ast.expr | None) -> str | None:
    """Return the text that constants spell, if an expression consists of such."""
    texts: list[str] = []
    left: list[ast.expr | None] = [node]
    while left:
        match left.pop():
            case ast.Constant(value=str(text)):
                texts.append(text)
            case ast.BinOp(left=first, op=ast.Add(), right=second):
                left += [second, first]
            case ast.JoinedStr(values=parts):
                left += reversed(parts)
            case ast.FormattedValue(value=part, conversion=-1, format_spec=None):
                left.append(part)
            case _:
                return None
    return "".join(texts)
