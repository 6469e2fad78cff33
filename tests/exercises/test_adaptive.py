"""The material of `adaptive` agrees with itself: stub, manifest, README, figure and reference."""

from __future__ import annotations

import inspect
import re
import runpy
from pathlib import Path

import pytest

from grader.catalog import load_catalog
from grader.judge.answers import read_keys
from grader.judge.reference import load_module
from grader.settings import REPOSITORY

EXERCISES = REPOSITORY / "exercises"
FOLDER = EXERCISES / "adaptive"
SUITE = REPOSITORY / "grader" / "suites" / "adaptive"
CANARY = "gradescent-hidden-" + "canary-7f3a9c"


def test_stub_and_reference_have_the_same_signatures() -> None:
    stub, reference = load_module(FOLDER / "adaptive.py"), load_module(SUITE / "reference.py")
    for task in load_catalog(EXERCISES).exercise("adaptive").tasks:
        assert inspect.signature(stub[task.function]) == inspect.signature(reference[task.function]), task.function


def test_stub_says_in_one_line_which_task_is_open() -> None:
    stub = load_module(FOLDER / "adaptive.py")
    for task in load_catalog(EXERCISES).exercise("adaptive").tasks:
        parameters = inspect.signature(stub[task.function]).parameters.values()
        positional = [None for parameter in parameters if parameter.kind is not parameter.KEYWORD_ONLY]
        with pytest.raises(NotImplementedError, match=rf"^Task {task.id} {task.function}: not written yet$"):
            stub[task.function](*positional)


def test_points_of_the_readme_are_those_of_the_manifest() -> None:
    told = re.findall(r"^\| (3\.\d) \| `(\w+)` \| (\d+) \|$", readme(), re.MULTILINE)
    tasks = load_catalog(EXERCISES).exercise("adaptive").tasks
    assert told == [(task.id, task.function, f"{task.points:g}") for task in tasks]
    assert sum(task.points for task in tasks) == 100


def test_worked_example_of_the_readme_is_right() -> None:
    rows = re.findall(r"^\| ([12]) \| (.+) \|$", readme(), re.MULTILINE)
    assert [number for number, _ in rows] == ["1", "2"]
    m, v, theta = 0.0, 0.0, 1.0
    for number, cells in rows:
        t, told = int(number), cells.split(" | ")
        g = float(told[0])
        m, v, m_hat, v_hat, step, theta = by_hand(m, v, theta, g, t)
        for cell, value in zip(told[1:], (m, v, m_hat, v_hat, step, theta), strict=True):
            assert_printed(cell, value, f"row {t}")
    *_, theta = by_hand(m, v, theta, -0.2, 3)
    last = re.search(r"You should arrive at \$\\theta = ([\d.]+)\$", readme())
    assert last is not None
    assert_printed(last[1], theta, "row 3")


def by_hand(m: float, v: float, theta: float, g: float, t: int) -> tuple[float, ...]:
    """Take a step of Adam as the README does it: lr 0.1, default betas, no eps."""
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
    step = 0.1 * m_hat / v_hat**0.5
    return m, v, m_hat, v_hat, step, theta - step


def assert_printed(cell: str, value: float, where: str) -> None:
    """Assert that a printed number is the value, rounded to the digits that are printed."""
    decimals = len(cell.partition(".")[2])
    assert abs(float(cell) - value) <= 0.5 * 10**-decimals + 1e-12, f"{where}: printed {cell}, computed {value:.9f}"


def test_figure_is_what_its_script_draws() -> None:
    drawn = runpy.run_path(str(FOLDER / "figures" / "make_ravine.py"))["figure"]()
    assert drawn.encode() == (FOLDER / "figures" / "ravine.svg").read_bytes()


def test_every_quiz_question_has_its_key() -> None:
    quiz = load_catalog(EXERCISES).quiz("adaptive")
    assert quiz is not None
    assert len(quiz.questions) >= 8
    assert set(read_keys(SUITE, quiz)) == {question.id for question in quiz.questions}


def test_the_canary_is_in_every_hidden_file_once_and_in_no_file_of_the_exercises() -> None:
    hidden = files_of(SUITE)
    assert len(hidden) > 50
    assert [str(path) for path in hidden if path.read_text(encoding="utf-8").count(CANARY) != 1] == []
    assert [str(path) for path in files_of(EXERCISES) if CANARY.encode() in path.read_bytes()] == []


def files_of(folder: Path) -> list[Path]:
    """Return the files that stand in the repository: no caches."""
    made = {"__pycache__", ".pytest_cache"}
    return [path for path in folder.rglob("*") if path.is_file() and not made.intersection(path.parts)]


def readme() -> str:
    return (FOLDER / "README.md").read_text(encoding="utf-8")
