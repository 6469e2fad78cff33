"""What a student sees who runs the public tests, from the bundle as it is downloaded and in the repository."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader.bundle import make_bundle
from grader.catalog import load_catalog
from grader.settings import REPOSITORY

pytestmark = pytest.mark.slow

SUITES = REPOSITORY / "grader" / "suites"
RIGHT = SUITES / "adaptive" / "reference.py"
HONEST = "the grader's hidden checks decide the points"
CATALOG = load_catalog(REPOSITORY / "exercises")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The unpacked bundle, as a student has it."""
    with zipfile.ZipFile(io.BytesIO(make_bundle(CATALOG))) as archive:
        archive.extractall(tmp_path)
    return tmp_path / "exercises"


def test_the_whole_course_is_open_with_one_line_per_task(bundle: Path) -> None:
    status, said = run_pytest(bundle.parent, "exercises/")
    assert status == 1
    for exercise in CATALOG.exercises:
        for task in exercise.tasks:
            assert said.count(f"Task {task.id} {task.function}: not written yet") == 1
        assert f"points of {exercise.slug} " in said
        assert row(said, exercise.slug).endswith("0 of 100")
    assert "NotImplementedError" not in said
    assert "Traceback" not in said
    assert row(said, "3.3") == "3.3 adam_step 0 of 5 0 of 30"
    assert said.count(HONEST) == 1


def test_right_solutions_of_the_whole_course_earn_everything(bundle: Path) -> None:
    for exercise in CATALOG.exercises:
        shutil.copy(SUITES / exercise.slug / "reference.py", bundle / exercise.slug / exercise.solution_name)
    status, said = run_pytest(bundle)
    assert status == 0, said
    overview = said[said.index("points of all exercises") :]
    assert [row(overview, exercise.slug).endswith("100 of 100") for exercise in CATALOG.exercises] == [True] * 9


def test_one_exercise_runs_from_inside_its_folder(bundle: Path) -> None:
    shutil.copy(RIGHT, bundle / "adaptive" / "adaptive.py")
    status, said = run_pytest(bundle / "adaptive")
    assert status == 0, said
    assert row(said, "all") == "all 18 of 18 100 of 100"
    assert "points of all exercises" not in said
    assert HONEST in said


def test_the_capstone_imports_what_was_written_before(bundle: Path) -> None:
    shutil.copy(RIGHT, bundle / "adaptive" / "adaptive.py")
    solution = bundle / "capstone" / "capstone.py"
    right = (SUITES / "capstone" / "reference.py").read_text(encoding="utf-8")
    solution.write_text(f"{right}\n\nfrom adaptive import adam_step\n\nassert adam_step\n", encoding="utf-8")
    status, said = run_pytest(bundle / "capstone")
    assert status == 0, said
    (bundle / "adaptive" / "adaptive.py").unlink()
    status, said = run_pytest(bundle / "capstone")
    assert status == 1
    assert "No module named 'adaptive'" in said or "cannot import name 'adam_step'" in said


def test_two_exercises_in_one_run_are_told_apart(bundle: Path) -> None:
    """A wrong function in one, a syntax error in the other; their tests have equal names."""
    other = bundle / "other"
    shutil.copytree(bundle / "adaptive", other)
    (other / "adaptive.py").rename(other / "other.py")
    (other / "other.py").write_text("def adam_step(:\n", encoding="utf-8")
    manifest = (other / "manifest.toml").read_text(encoding="utf-8")
    (other / "manifest.toml").write_text(manifest.replace('slug = "adaptive"', 'slug = "other"'), encoding="utf-8")
    right = RIGHT.read_text(encoding="utf-8")
    wrong = right.replace("exp_avg / (1 - betas[0] ** step)", "exp_avg")
    assert wrong != right
    (bundle / "adaptive" / "adaptive.py").write_text(wrong, encoding="utf-8")

    status, said = run_pytest(bundle, "adaptive", "other")

    assert status == 1
    assert said.count("other.py, line 1: invalid syntax: def adam_step(:") == 1
    assert "points of adaptive" in said
    assert "points of other" in said
    assert "called    adam_step(param=[1, -2], grad=[0.5, -4]" in said
    assert "got       param = [0.99, -1.99]" in said
    assert "expected  param = [0.9, -1.9]" in said
    assert "look at   README, sections 'Adam' and 'Worked by hand'" in said


def test_stub_in_the_repository_under_its_strict_settings() -> None:
    status, said = run_pytest(REPOSITORY, "-c", "pyproject.toml", "-p", "no:cacheprovider", "exercises/adaptive")
    assert status == 1
    assert "configfile: pyproject.toml" in said
    assert said.count("Task 3.3 adam_step: not written yet") == 1
    assert "points of adaptive" in said


def run_pytest(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run pytest as a student does; return its exit status and output."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=folder,
        env=plain | {"COLUMNS": "120", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def row(said: str, start: str) -> str:
    """Return the line of the table that starts so, with single spaces."""
    lines = [" ".join(line.split()) for line in said.splitlines()]
    return next((line for line in lines if line.startswith(f"{start} ")), f"no line {start!r} in: {said}")
