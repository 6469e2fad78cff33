"""Watches what a student's code opens: the source of what is closed must not be read back in and run.

An audit hook of the interpreter, which nothing in Python can take off. In the student's process, so standard library
and torch only. It holds Python's own ways to a file; code that speaks to the C library by itself it does not see.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from grader.sandbox.closing import MATHEMATICS_IN_PYTHON, ClosedName, Patterns


@functools.cache
def files_of_mathematics() -> dict[str, dict[tuple[int, int], str]]:
    """Return for each such module device and inode of its files and folders, with their names.

    Asked for once by the zygote, so that every guest finds it done.
    """
    root = Path(torch.__file__).parent
    found: dict[str, dict[tuple[int, int], str]] = {}
    for module in MATHEMATICS_IN_PYTHON:
        place = Path(*module.split(".")[1:])
        patterns = (f"{place}", f"{place}.py", f"{place.parent}/__pycache__/{place.name}.*.pyc")
        tops = [path for pattern in patterns for path in root.glob(pattern)]
        paths = [*tops, *(path for top in tops for path in top.rglob("*"))]
        stats = ((path.stat(), path.name) for path in paths)
        found[module] = {(stat.st_dev, stat.st_ino): name for stat, name in stats}
    return found


def watch(closed: Sequence[str], opened: Sequence[str]) -> None:
    """Refuse from now on to open the files of closed modules, and to look compiled C++ functions up by name."""
    patterns = Patterns(closed, opened)
    identities: dict[tuple[int, int], str] = {}
    names = set()
    for module, files in files_of_mathematics().items():
        if patterns.closes(module):
            identities |= dict.fromkeys(files, module)
            names |= {*files.values()}
    if identities:
        sys.addaudithook(_hook(identities, frozenset(names)))


def _hook(identities: dict[tuple[int, int], str], names: frozenset[str]) -> Any:
    """Return the hook. All that it uses is its own, and builtin: no name in it can be bound anew from outside."""
    status, refusal, error, text = os.stat, ClosedName, OSError, (str, bytes, int)
    for_writing = os.O_WRONLY | os.O_RDWR

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "ctypes.dlsym":
            if f"{arguments[1]}".startswith("_Z"):
                raise refusal("the compiled part of torch")
            return
        if event != "open":
            return
        path, _, flags = arguments
        if not isinstance(path, text):  # it may call itself one thing now and another when it is opened
            raise refusal("a path that is no text")
        if isinstance(path, int):
            return
        try:
            found = status(path)
            module = identities.get((found.st_dev, found.st_ino), "")
        except (error, ValueError):
            # It may be meant from another folder than the current one; who writes, makes a new file.
            last = (path if isinstance(path, str) else path.decode("latin-1")).rpartition("/")[2]
            reads = not isinstance(flags, int) or not flags & for_writing
            module = "the source of what is closed" if reads and last in names else ""
        if module:
            raise refusal(module)

    return hook
