"""Hidden material carries a canary, and the canary stands nowhere else in the project."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grader.settings import REPOSITORY

CANARY = b"gradescent-hidden-canary-" + b"7f3a9c"
SUITES = REPOSITORY / "grader" / "suites"
NOT_OURS = {".git", ".venv", "var", "dist", "build", "node_modules", "__pycache__"}


def files(folder: Path) -> Iterator[Path]:
    """Yield the project's own files below a folder."""
    for path in folder.iterdir():
        if path.is_dir() and path.name not in NOT_OURS and not path.name.endswith("_cache"):
            yield from files(path)
        elif path.is_file() and not path.is_symlink():
            yield path


def test_every_hidden_file_carries_the_canary() -> None:
    hidden = [path for path in files(SUITES) if path.name not in ("__init__.py", "README.md")]
    assert hidden
    assert [str(path) for path in hidden if CANARY not in path.read_bytes()] == []


def test_no_other_file_carries_the_canary() -> None:
    others = (path for path in files(REPOSITORY) if not path.is_relative_to(SUITES))
    assert [str(path) for path in others if CANARY in path.read_bytes()] == []
