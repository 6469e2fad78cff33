"""The table of points, in the terminal at the end of a run, and in a notebook:

import points
points.show("batchnorm")    # or points.show() for every exercise
"""

from __future__ import annotations

import html
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

Rows = list[list[str]]

FILE = "GRADESCENT_POINTS_FILE"
"""The environment variable that names where a run of pytest leaves its tables, as JSON."""

HEAD = ["task", "function", "public tests passed", "points they stand for"]
HONEST = "Only the public tests are counted here: the grader's hidden checks decide the points."


def rows(manifest: dict[str, Any], outcomes: dict[str, list[bool]]) -> Rows:
    """Return the table of an exercise; a task's points are shared out over its public tests."""
    table = [HEAD]
    earned, passed, ran = 0.0, 0, 0
    for task in manifest["tasks"]:
        results = outcomes.get(task["id"], [])
        share = task["points"] * sum(results) / len(results) if results else 0.0
        tests = f"{sum(results)} of {len(results)}" if results else "not run"
        table.append([task["id"], task["function"], tests, f"{share:.4g} of {task['points']}"])
        earned, passed, ran = earned + share, passed + sum(results), ran + len(results)
    total = sum(task["points"] for task in manifest["tasks"])
    return [*table, ["", "all", f"{passed} of {ran}", f"{earned:.4g} of {total}"]]


def overview(tables: dict[str, Rows]) -> Rows:
    """Return one row per exercise: the last rows of their tables."""
    return [["exercise", *HEAD[2:]], *([name, *table[-1][2:]] for name, table in tables.items())]


def as_text(table: Rows) -> list[str]:
    """Return the lines of a table."""
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def show(exercise: str = "") -> Points:
    """Run the public tests of one exercise, or of all, in a process of their own; return what a notebook shows.

    Save your file first: the tests read it anew each time. Raises `FileNotFoundError` for a name that is no exercise.
    """
    here = Path(__file__).parent
    if not (here / exercise).is_dir():
        known = ", ".join(sorted(path.parent.name for path in here.glob("*/manifest.toml")))
        raise FileNotFoundError(f"there is no exercise {exercise!r}; there are {known}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "points.json"
        done = subprocess.run(  # noqa: S603 - this interpreter, and a folder that is there
            [sys.executable, "-m", "pytest", "-q", str(here / exercise)],
            env=os.environ | {FILE: str(file), "COLUMNS": "100"},
            capture_output=True,
            text=True,
            check=False,
        )
        tables = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return Points(tables, done.stdout + done.stderr)


class Points:
    """The tables of a run and what pytest said: a notebook shows it as HTML, everything else as text."""

    def __init__(self, tables: dict[str, Rows], said: str) -> None:
        self.tables, self.said = tables, said

    def __repr__(self) -> str:
        return self.said

    def _repr_html_(self) -> str:
        tables = self.tables | ({"all exercises": overview(self.tables)} if len(self.tables) > 1 else {})
        parts = [_as_html(name, table) for name, table in tables.items()]
        return f"{''.join(parts)}<p>{html.escape(HONEST)}</p><pre>{html.escape(self.said)}</pre>"


def _as_html(name: str, table: Rows) -> str:
    def line(cells: list[str], tag: str) -> str:
        return f"<tr>{''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells)}</tr>"

    body = "".join(line(row, "td") for row in table[1:])
    return f"<table><caption>{html.escape(name)}</caption>{line(table[0], 'th')}{body}</table>"
