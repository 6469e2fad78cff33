"""What is closed in an exercise: reading a submission's syntax tree for uses of closed names.

This is the first of two walls: it sees every plain use and tells the line. What is hidden from it (getattr, eval)
meets the traps that the guest sets at run time.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Breach:
    """A use of something closed: the line, and the full name that it stands for."""

    line: int
    name: str


def matches(name: str, pattern: str) -> bool:
    """Tell whether a dotted name is closed by a pattern: the name itself, all below it, or by its beginning (`*`)."""
    if pattern.endswith("*"):
        return name.startswith(pattern[:-1])
    return name == pattern or name.startswith(f"{pattern}.")


def first_breach(tree: ast.Module, closed: Sequence[str]) -> Breach | None:
    """Return the first use of a closed name, following imports and their aliases; `None` if there is none.

    A local name that merely looks alike (`nn = 3`), a docstring or a comment is no use.
    """
    found = [
        Breach(line, name)
        for line, name in _uses(tree, _aliases(tree))
        if any(matches(name, pattern) for pattern in closed)
    ]
    return min(found, key=lambda breach: breach.line, default=None)


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Return what each imported or plainly re-assigned local name stands for, as a dotted name."""
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for item in node.names:
                bound = item.asname or item.name.partition(".")[0]
                aliases[bound] = item.name if item.asname else bound
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for item in node.names:
                aliases[item.asname or item.name] = f"{node.module}.{item.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            dotted = _dotted(node.value, aliases)
            if dotted is not None:
                aliases.setdefault(node.targets[0].id, dotted)
    return aliases


def _uses(tree: ast.Module, aliases: dict[str, str]) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, item.name) for item in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{item.name}") for item in node.names)
        elif isinstance(node, ast.Attribute):
            dotted = _dotted(node, aliases)
            if dotted is not None:
                yield node.lineno, dotted


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str | None:
    """Return the dotted name that an expression spells, if its first name was imported."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in aliases:
        return None
    return ".".join([aliases[node.id], *reversed(parts)])
