"""What is closed in an exercise, and what is opened within: reading a submission's syntax tree for uses of it.

This is the first of the walls: it sees every plain use and tells the line. What is hidden from it (`eval`, a name
put together while running) meets the traps that the guest sets.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from grader.domain.names import uses


@dataclass(frozen=True)
class Breach:
    """A use of something closed: the line, and the full name that it stands for."""

    line: int
    name: str


def first_breach(tree: ast.Module, closed: Sequence[str], opened: Sequence[str] = ()) -> Breach | None:
    """Return the first use of a closed name, following imports and their aliases; `None` if there is none.

    A local name that merely looks alike (`nn = 3`), a docstring or a comment is no use, nor is naming a closed module
    on the way to what is opened in it.
    """
    found = uses(tree, {module for pattern in (*closed, *opened) for module in _above(pattern)})
    breaches = {
        name for name in {use.name for use in found} if is_closed(name, closed, opened) and not leads_to(name, opened)
    }
    first = min((use for use in found if use.name in breaches), key=lambda use: use[:2], default=None)
    return None if first is None else Breach(first.line, first.name)


def is_closed(name: str, closed: Sequence[str], opened: Sequence[str] = ()) -> bool:
    """Tell whether a dotted name is closed: of the patterns that match it the longest decides, on a tie `closed`.

    A pattern stands for the name itself and all below it, with a trailing `*` for all names that begin so.
    """
    decisive = _longest_match(name, closed)
    return decisive > 0 and decisive >= _longest_match(name, opened)


def leads_to(name: str, patterns: Sequence[str]) -> bool:
    """Tell whether a name is on the way to what one of the patterns stands for."""
    return any(pattern.startswith(f"{name}.") for pattern in patterns)


def _longest_match(name: str, patterns: Sequence[str]) -> int:
    """Return how long the longest pattern is that matches a name, without its `*`; 0 if there is none."""
    matching = [
        beginning
        for beginning, star in (pattern.partition("*")[:2] for pattern in patterns)
        if name.startswith(beginning) and (star or name[len(beginning) :][:1] in ("", "."))
    ]
    return max(map(len, matching), default=0)


def _above(pattern: str) -> Iterator[str]:
    """Yield the modules above a pattern: `torch` and `torch.nn` for `torch.nn.init`."""
    above = pattern.rpartition(".")[0]
    while above:
        yield above
        above = above.rpartition(".")[0]
