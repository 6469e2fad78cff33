"""Trusted source files of a suite, loaded as namespaces: the reference and its mutants."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def load_module(path: Path, base: dict[str, Any] | None = None) -> dict[str, Any]:
    """Execute a trusted Python file and return its names; a mutant is executed on top of the reference's names."""
    names: dict[str, Any] = dict(base) if base is not None else {}
    names["__name__"] = path.stem
    names["__file__"] = str(path)
    exec(compile(path.read_bytes(), str(path), "exec"), names)  # noqa: S102 - our own file, in the judge
    return names
