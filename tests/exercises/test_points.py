"""The table of points: in a terminal, and as a notebook's cell shows it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grader.bundle import course_files
from grader.judge.reference import load_module
from grader.settings import REPOSITORY

EXERCISES = REPOSITORY / "exercises"
POINTS = load_module(EXERCISES / "points.py")
MANIFEST = {"tasks": [{"id": "1.1", "function": "f", "points": 30}, {"id": "1.2", "function": "<g>", "points": 70}]}


def test_points_are_shared_out_over_the_public_tests() -> None:
    table = POINTS["rows"](MANIFEST, {"1.1": [True, False, True]})
    assert table[1:] == [
        ["1.1", "f", "2 of 3", "20 of 30"],
        ["1.2", "<g>", "not run", "0 of 70"],
        ["", "all", "2 of 3", "20 of 100"],
    ]
    assert POINTS["as_text"](table)[1] == "1.1   f         2 of 3               20 of 30"


def test_the_overview_has_a_row_per_exercise() -> None:
    table = POINTS["rows"](MANIFEST, {"1.1": [True], "1.2": [True]})
    assert POINTS["overview"]({"one": table, "two": table})[1:] == [
        ["one", "2 of 2", "100 of 100"],
        ["two", "2 of 2", "100 of 100"],
    ]


def test_a_notebook_shows_tables_with_everything_escaped() -> None:
    table = POINTS["rows"](MANIFEST, {"1.2": [True]})
    shown = POINTS["Points"]({"one": table, "two": table}, "<failed>")._repr_html_()
    assert "<td>&lt;g&gt;</td><td>1 of 1</td><td>70 of 70</td>" in shown
    assert "<pre>&lt;failed&gt;</pre>" in shown
    assert "<caption>all exercises</caption>" in shown


@pytest.mark.slow
def test_one_line_runs_an_exercise_and_shows_its_table(tmp_path: Path) -> None:
    for path in course_files(EXERCISES):
        shutil.copy(path, tmp_path)
    shutil.copytree(EXERCISES / "adaptive", tmp_path / "adaptive")
    cell = "import points\nprint(points.show('adaptive')._repr_html_())\ntry: points.show('adam')\n"
    cell += "except FileNotFoundError as error: print(error)\n"
    done = subprocess.run(
        [sys.executable, "-c", cell], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "<td>3.3</td><td>adam_step</td><td>0 of 5</td><td>0 of 30</td>" in done.stdout
    assert "there is no exercise 'adam'; there are adaptive" in done.stdout
