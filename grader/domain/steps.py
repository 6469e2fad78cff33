"""The steps of a module as running takes them: what is evaluated, which name is bound to what, in which scope.

Code that branches or repeats is written down once, from top to bottom.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

NOTHING_YET = ""
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Scope:
    """A module, class, function or comprehension: the names that it binds, and the steps that run in it."""

    def __init__(self, node: ast.AST, parent: Scope | None) -> None:
        self.parent = parent
        self.is_class = isinstance(node, ast.ClassDef)
        self.is_comprehension = isinstance(node, _COMPREHENSIONS)
        self.is_local = self.is_comprehension or isinstance(node, _FUNCTIONS)
        self.steps: list[Step] = parent.steps if parent and (self.is_class or self.is_comprehension) else []
        self.meanings: dict[str, str | None] = {}
        """By name what it stands for: a dotted name, `NOTHING_YET`, or `None` for what cannot be told."""

    def declare(self, name: str) -> None:
        """Own a name."""
        self.meanings.setdefault(name, NOTHING_YET)

    def bind(self, name: str, meaning: str | None) -> None:
        """Let a name stand for this too; of two different meanings neither can be told."""
        known = self.meanings.get(name, NOTHING_YET)
        self.meanings[name] = meaning if known in (NOTHING_YET, meaning) else None


class Step(NamedTuple):
    """An expression or import is evaluated in a scope; or, with a name and its owner, the name is bound to it."""

    scope: Scope
    node: ast.AST | None
    name: str = ""
    owner: Scope | None = None


def steps(tree: ast.Module) -> list[Step]:
    """Return the steps of a module; those of a function come after all that surround it.

    Only expressions that may lead to a module are evaluated: attributes, subscripts, calls, and names if any name may
    come from `import *`. No recursion, whatever the depth of the tree.
    """
    return [step for body in _Walk(tree).bodies for step in body]


class _Walk:
    """Visits a tree with a stack of what is left to visit, or to write down."""

    def __init__(self, tree: ast.Module) -> None:
        self._module = Scope(tree, None)
        self.bodies = [self._module.steps]
        self._has_star = False
        self._left: list[tuple[Scope, ast.AST | Step]] = [(self._module, tree)]
        while self._left:
            scope, item = self._left.pop()
            if isinstance(item, Step):
                scope.steps.append(item)
            else:
                self._VISITS.get(type(item), _Walk._visit_parts)(self, scope, item)

    def _then(self, scope: Scope, items: Iterable[ast.AST | Step]) -> None:
        """Put items on the stack so that they come next, in their order."""
        self._left += [(scope, item) for item in items][::-1]

    def _visit_parts(self, scope: Scope, node: ast.AST) -> None:
        self._then(scope, ast.iter_child_nodes(node))

    def _visit_nothing(self, scope: Scope, node: ast.AST) -> None:
        """Pass by what has neither names nor parts."""

    def _visit_expression(self, scope: Scope, node: ast.expr) -> None:
        self._then(scope, [*ast.iter_child_nodes(node), Step(scope, node)])

    def _visit_attribute(self, scope: Scope, node: ast.Attribute) -> None:
        self._then(scope, [base_of(node), Step(scope, node)])

    def _visit_name(self, scope: Scope, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            scope.steps.append(_binding(scope, node.id))
        elif isinstance(node.ctx, ast.Del):
            scope.declare(node.id)
        elif self._has_star:
            scope.steps.append(Step(scope, node))

    def _visit_assignment(self, scope: Scope, node: ast.Assign) -> None:
        items: list[ast.AST | Step] = [node.value]
        pairs = [(target, node.value) for target in node.targets]
        while pairs:
            target, value = pairs.pop()
            if isinstance(target, ast.Name):
                items.append(_binding(scope, target.id, value))
            elif parts := _pairs(target, value):
                pairs += parts
            else:
                items.append(target)
        self._then(scope, items)

    def _visit_annotation(self, scope: Scope, node: ast.AnnAssign) -> None:
        if not isinstance(node.target, ast.Name):
            self._visit_parts(scope, node)
        elif node.value is None:
            scope.declare(node.target.id)
            self._then(scope, [node.annotation])
        else:
            self._then(scope, [node.annotation, node.value, _binding(scope, node.target.id, node.value)])

    def _visit_walrus(self, scope: Scope, node: ast.NamedExpr) -> None:
        owner = scope
        while owner.is_comprehension and owner.parent:
            owner = owner.parent
        owner.declare(node.target.id)
        self._then(scope, [node.value, Step(scope, node.value, node.target.id, owner)])

    def _visit_import(self, scope: Scope, node: ast.Import | ast.ImportFrom) -> None:
        for item in node.names:
            scope.declare(bound_by(node, item))
            self._has_star |= item.name == "*"
        scope.steps.append(Step(scope, node))

    def _visit_global(self, scope: Scope, node: ast.Global | ast.Nonlocal) -> None:
        """Give up on names that are bound from elsewhere: when, only running can tell."""
        owner: Scope | None = scope
        while owner and scope is not self._module:
            owner.meanings.update(dict.fromkeys(node.names))
            owner = owner.parent

    def _visit_function(self, scope: Scope, node: Any) -> None:
        inner = Scope(node, scope)
        self.bodies.append(inner.steps)
        items: list[ast.AST | Step] = [node.args]
        for parameter, default in _parameters(node.args):
            inner.declare(parameter.arg)
            items.append(Step(scope, default, parameter.arg, inner))
        if isinstance(node, ast.Lambda):
            self._then(inner, [node.body])
        else:
            self._then(inner, node.body)
            items += [*node.decorator_list, *([node.returns] if node.returns else []), _binding(scope, node.name)]
        self._then(scope, items)

    def _visit_class(self, scope: Scope, node: ast.ClassDef) -> None:
        self._then(scope, [_binding(scope, node.name)])
        self._then(Scope(node, scope), node.body)
        self._then(scope, [*node.decorator_list, *node.bases, *node.keywords])

    def _visit_comprehension(self, scope: Scope, node: Any) -> None:
        first, *others = node.generators
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        self._then(Scope(node, scope), [first.target, *first.ifs, *others, *results])
        self._then(scope, [first.iter])

    def _visit_capture(self, scope: Scope, node: Any) -> None:
        """Bind what an `except ... as` or a `case` catches."""
        if name := node.rest if isinstance(node, ast.MatchMapping) else node.name:
            scope.steps.append(_binding(scope, name))
        self._visit_parts(scope, node)

    _VISITS: ClassVar[dict[type, Any]] = {
        **dict.fromkeys((ast.Constant, ast.Load, ast.Store, ast.Del, ast.Pass), _visit_nothing),
        **dict.fromkeys((ast.Call, ast.Subscript), _visit_expression),
        ast.Attribute: _visit_attribute,
        ast.Name: _visit_name,
        ast.Assign: _visit_assignment,
        ast.AnnAssign: _visit_annotation,
        ast.NamedExpr: _visit_walrus,
        **dict.fromkeys((ast.Import, ast.ImportFrom), _visit_import),
        **dict.fromkeys((ast.Global, ast.Nonlocal), _visit_global),
        **dict.fromkeys(_FUNCTIONS, _visit_function),
        ast.ClassDef: _visit_class,
        **dict.fromkeys(_COMPREHENSIONS, _visit_comprehension),
        **dict.fromkeys((ast.ExceptHandler, ast.MatchAs, ast.MatchStar, ast.MatchMapping), _visit_capture),
    }


def base_of(node: ast.Attribute) -> ast.expr:
    """Return what a chain of attributes begins with."""
    base: ast.expr = node
    while isinstance(base, ast.Attribute):
        base = base.value
    return base


def bound_by(node: ast.Import | ast.ImportFrom, item: ast.alias) -> str:
    """Return the name that a part of an import binds: `import torch.nn` binds `torch`."""
    if item.asname or isinstance(node, ast.ImportFrom):
        return item.asname or item.name
    return item.name.partition(".")[0]


def _binding(scope: Scope, name: str, value: ast.AST | None = None) -> Step:
    scope.declare(name)
    return Step(scope, value, name, scope)


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]]:
    """Return which part of a target gets which part of a value; nothing if that cannot be read off."""
    if not isinstance(target, ast.Tuple | ast.List) or not isinstance(value, ast.Tuple | ast.List):
        return []
    if len(target.elts) != len(value.elts) or any(isinstance(part, ast.Starred) for part in target.elts + value.elts):
        return []
    return list(zip(target.elts, value.elts, strict=True))


def _parameters(arguments: ast.arguments) -> list[tuple[ast.arg, ast.expr | None]]:
    """Return the parameters of a function with their defaults."""
    positional = arguments.posonlyargs + arguments.args
    without = [None] * (len(positional) - len(arguments.defaults))
    return [
        *zip(positional, [*without, *arguments.defaults], strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        *((rest, None) for rest in (arguments.vararg, arguments.kwarg) if rest),
    ]
