"""Who may import whom, where an import contract (.importlinter) cannot say it."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.settings import REPOSITORY

GRADER = REPOSITORY / "grader"
TRUSTED_SIDE = {"__init__", "held_guest", "host", "keeper"}
GUEST_SIDE = sorted({path.stem for path in (GRADER / "sandbox").glob("*.py")} - TRUSTED_SIDE)
# The filter is compiled in the zygote, before there is a guest.
ALLOWED_IN_A_GUEST = {"torch", "pyseccomp", *(f"grader.sandbox.{name}" for name in GUEST_SIDE)}


def imported(path: Path) -> Iterator[str]:
    """Yield the full name of everything that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_one_of(name: str, allowed: set[str]) -> bool:
    """Say whether a dotted name is one of `allowed`, or lies below one."""
    return any(name == module or name.startswith(f"{module}.") for module in allowed)


def test_the_domain_uses_the_standard_library_only() -> None:
    allowed = {*sys.stdlib_module_names, "grader.domain"}
    foreign = {
        f"{path.name}: {name}"
        for path in (GRADER / "domain").glob("*.py")
        for name in imported(path)
        if not is_one_of(name, allowed)
    }
    assert not foreign


def test_the_students_process_imports_the_standard_library_and_torch_only() -> None:
    allowed = {*sys.stdlib_module_names, *ALLOWED_IN_A_GUEST}
    foreign = {
        f"{module}.py: {name}"
        for module in GUEST_SIDE
        for name in imported(GRADER / "sandbox" / f"{module}.py")
        if not is_one_of(name, allowed)
    }
    assert not foreign


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        (
            "webapp.app",
            ("torch", "numpy", "pytest", "grader.judge", "grader.sandbox", "grader.suites", "grader.evaluate"),
        ),
        ("grader.queue", ("torch", "numpy", "pytest", "grader.judge", "grader.sandbox", "grader.suites")),
        ("grader.worker", ("torch", "numpy", "pytest", "grader.suites", "flask")),
        ("grader.cli", ("torch", "numpy", "pytest", "grader.judge", "sqlalchemy", "celery", "flask")),
    ],
)
def test_what_an_import_brings_along(module: str, unwanted: tuple[str, ...]) -> None:
    program = f"import sys, {module}; print(*sorted(set({unwanted!r}) & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
