"""A course is data: another course in another folder, its self-check, and every fault that the self-check must find."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grader.bundle import course_files, make_bundle
from grader.catalog import load_catalog
from grader.domain.errors import GraderFault
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.evaluate import Grader
from grader.selfcheck.run import SelfCheck, check_exercises
from grader.settings import REPOSITORY, Settings

pytestmark = pytest.mark.slow

Cli = Callable[..., subprocess.CompletedProcess[str]]
COURSE = REPOSITORY / "tests" / "course"
REFERENCE = (COURSE / "suites" / "averages" / "reference.py").read_bytes()


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """A copy of the other course, with the files that every course has."""
    shutil.copytree(COURSE, tmp_path / "course")
    for path in course_files(REPOSITORY / "exercises"):
        shutil.copy(path, tmp_path / "course" / "exercises")
    return tmp_path / "course"


def environment(course: Path) -> dict[str, str]:
    return {
        "GRADESCENT_EXERCISES_DIR": str(course / "exercises"),
        "GRADESCENT_SUITES_DIR": str(course / "suites"),
        "GRADESCENT_DATA_DIR": str(course / "data"),
    }


@pytest.fixture
def grader(course: Path) -> Iterator[Grader]:
    """The grader of the other course; it reads the suite when the first submission comes."""
    settings = Settings(
        exercises_dir=course / "exercises",
        suites_dir=course / "suites",
        data_dir=course / "data",
        sandbox_tier="namespaces",
    )
    with Grader(settings, load_catalog(settings.exercises_dir)) as made:
        yield made


def checked(grader: Grader) -> SelfCheck:
    (found,) = check_exercises(grader, ["averages"], jobs=2, on_progress=lambda *_: None)
    return found


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_another_course_passes_its_check_without_any_python_of_ours(course: Path, gradescent: Cli) -> None:
    done = gradescent("check", "--table", course / "mutants.md", COLUMNS="100", **environment(course))
    assert done.returncode == 0, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert "the reference is accepted under 20 seeds, the stub is not, each of 5 mutants is killed" in said
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["variant", "running_half", "60", "/", "100", "running-values"] in rows
    table = (course / "mutants.md").read_text(encoding="utf-8")
    assert "| [averages](#averages) | 5 | 5 | 5 | 0 | 3 of 3 | 20 of 20 seeds |" in table
    assert "| running-values | *running_half* |" in table


def test_a_new_exercise_is_complete_as_it_is_laid_out(tmp_path: Path, gradescent: Cli) -> None:
    where = environment(tmp_path)
    laid_out = gradescent("new-exercise", "softplus", **where)
    assert laid_out.returncode == 0, laid_out.stderr
    assert str(tmp_path / "exercises" / "softplus" / "softplus.py") in laid_out.stdout.splitlines()
    again = gradescent("new-exercise", "softplus", **where)
    assert again.returncode == 2 and "softplus is there already" in again.stderr
    wrong = gradescent("new-exercise", "Soft-Plus", **where)
    assert wrong.returncode == 2 and "'Soft-Plus' is no slug" in wrong.stderr
    done = gradescent("check", "softplus", COLUMNS="100", **where)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "each of 4 mutants is killed" in " ".join(done.stdout.split())
    hidden = [path for path in (tmp_path / "suites").rglob("*.*") if path.suffix in (".py", ".toml")]
    canary = "gradescent-hidden-" + "canary-7f3a9c"
    assert len(hidden) > 10
    assert [path for path in hidden if canary not in path.read_text(encoding="utf-8")] == []

    with zipfile.ZipFile(io.BytesIO(make_bundle(load_catalog(tmp_path / "exercises")))) as archive:
        archive.extractall(tmp_path / "student")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "exercises/"]
    ran = subprocess.run(command, cwd=tmp_path / "student", capture_output=True, text=True, check=False)
    assert "Task 1.1 scale: not written yet" in ran.stdout
    assert re.search(r"1\.1 +scale +0 of 2 +0 of 100", ran.stdout)


def test_faults_of_the_suite_are_found(course: Path, grader: Grader) -> None:
    suite = course / "suites" / "averages"
    mutants, checks = suite / "mutants", suite / "test_averages.py"
    shutil.copy(mutants / "centre_in_place.py", mutants / "centre_twin.py")
    (mutants / "centre_right.py").write_text("", encoding="utf-8")
    with (suite / "misconceptions.toml").open("a", encoding="utf-8") as file:
        for name, killer in (("centre_twin", "centre-untouched"), ("centre_right", "centre-values")):
            file.write(f'[[misconceptions]]\nname = "{name}"\nfunction = "centre"\nkilled_by = "{killer}"\n')
            file.write('sentence = "Like another."\n')
    change(suite / "misconceptions.toml", 'killed_by = "running-count"', 'killed_by = "running-values"')
    change(checks, '"centre-values", task="1.1", points=30', '"centre-values", task="1.1", points=20')
    checks.write_text(
        checks.read_text(encoding="utf-8")
        + '\n\n@check("centre-kills-nothing", task="1.1", points=5, hint="Nothing.")\n'
        + "def test_nothing(solution: Solution) -> None:\n    solution.centre(torch.ones(2))\n"
        + '\n\n@check("centre-flaky", task="1.1", points=5, hint="Luck.")\n'
        + "def test_luck(solution: Solution, draw: torch.Generator) -> None:\n"
        + "    centred, _ = solution.centre(torch.rand(2, generator=draw, dtype=torch.float64))\n"
        + "    assert float(centred[0]) > -0.2\n",
        encoding="utf-8",
    )
    (suite / "right" / "loops.py").unlink()
    change(suite / "right" / "in_place.py", "number, 1.0]", "number + 1, 1.0]")

    faults = checked(grader).faults

    told = "\n".join(faults)
    for words in (
        "mutant centre_twin is told as centre_in_place, centre_twin",
        "mutant centre_in_place is told as centre_in_place, centre_twin",
        "mutant centre_right survives every check",
        "mutant running_counts_from_one is killed by running-count, not by running-values",
        "check centre-kills-nothing kills no mutant",
        "right/ has 2 solutions; expected 3",
        "right in_place is not accepted: wrong answer, running-values",
    ):
        assert words in told
    assert re.search(r"reference seed \d+ is not accepted: wrong answer, centre-flaky", told)
    assert not re.search(r"reference seed 0 is not accepted: .*running", told)


def test_faults_of_the_material_are_found(course: Path, grader: Grader) -> None:
    folder = course / "exercises" / "averages"
    change(folder / "README.md", "they are -2, -1 and 3", "they are -2, -1 and 4")
    change(folder / "README.md", "| 1.2 | `RunningAverage` | 60 |", "| 1.2 | `RunningAverage` | 50 |")
    change(folder / "averages.py", "def centre(x: Tensor)", "def centre(y: Tensor)")
    change(folder / "averages.py", "def update(self, number: float)", "def update(self, value: float)")
    change(folder / "averages.py", "Task 1.1 centre: not written yet", "centre is not written yet")
    change(folder / "test_averages.py", '"update(1)", made.update(1.0), 1.0', '"update(1)", made.update(1.0), 1.5')
    with (folder / "test_averages.py").open("a", encoding="utf-8") as file:
        file.write('\n\n@pytest.mark.task("1.1")\ndef test_nothing(solution):\n    assert solution\n')
    quiz = (folder / "quiz.toml").read_text(encoding="utf-8")
    (folder / "quiz.toml").write_text(quiz[: quiz.rindex("[[questions]]")], encoding="utf-8")
    answers = course / "suites" / "averages" / "answers.toml"
    keys = answers.read_text(encoding="utf-8")
    answers.write_text(keys[: keys.index("[question_8]")], encoding="utf-8")
    (folder / "figures").mkdir()
    (folder / "figures" / "make_line.py").write_text("def figure():\n    return '<svg/>'\n", encoding="utf-8")
    (folder / "figures" / "line.svg").write_text("<svg></svg>", encoding="utf-8")
    grader.catalog = load_catalog(course / "exercises")

    told = "\n".join(checked(grader).faults)

    for words in (
        "README.md does not have: The average of 1, 2 and 6 is 3, and centred they are -2, -1 and 3.",
        "README.md tells the tasks [('1.1', 'centre', '40'), ('1.2', 'RunningAverage', '50')]",
        "the signature of centre is (y:",
        "the signature of RunningAverage.update is (self, value:",
        "the stub of task 1.1 says 'centre is not written yet', not 'Task 1.1 centre: not written yet'",
        "the stub does not say that task 1.1 is not written yet",
        "the reference fails the public test test_running_average",
        "the stub passes the public test test_nothing",
        "the quiz has 7 questions; expected 8 or more",
        "figures/line.svg is not what figures/make_line.py draws",
    ):
        assert words in told


def test_a_companion_comes_along_and_is_held_to_the_same_rules(grader: Grader) -> None:
    main = REFERENCE + b"\n\nfrom weights import weight\n\n\ndef centre(x):\n    return x - weight(x), weight(x)\n"
    right = (
        b"def weight(x):\n    if not len(x):\n        raise ValueError('empty')\n    return float(x.sum()) / len(x)\n"
    )

    def graded(companion: bytes) -> tuple[Verdict, float, str]:
        files = [SourceFile("weights.py", companion), SourceFile("averages.py", main)]
        report = grader.grade("averages", files, seed=1)
        return report.verdict, report.points, report.message

    assert graded(right) == (Verdict.ACCEPTED, 100.0, "")
    verdict, points, said = graded(b"import torch\n\n\ndef weight(x):\n    return float(torch.mean(x))\n")
    assert (verdict, points) == (Verdict.FORBIDDEN, 0.0)
    assert said.startswith("weights.py, line 5: torch.mean is closed")
    verdict, points, said = graded(b"def weight(:\n")
    assert (verdict, points) == (Verdict.COMPILE_ERROR, 0.0)
    assert said.startswith("weights.py, line 1: invalid syntax")
    verdict, _, said = graded(b"raise RuntimeError('in the companion')\n")
    assert verdict is Verdict.RUNTIME_ERROR
    assert "importing averages.py raised RuntimeError: in the companion" in said


def test_the_command_takes_files_along(course: Path, tmp_path: Path, gradescent: Cli) -> None:
    (tmp_path / "mine.py").write_bytes(REFERENCE + b"\n\nfrom weights import weight\n")
    (tmp_path / "weights.py").write_bytes(b"weight = 1\n")
    mine = ("grade", tmp_path / "mine.py", "-e", "averages")
    alone = gradescent(*mine, **environment(course))
    assert alone.returncode == 1 and "No module named 'weights'" in " ".join(alone.stdout.split())
    assert gradescent(*mine, "--along", tmp_path / "weights.py", **environment(course)).returncode == 0
    other = gradescent(*mine, "--along", tmp_path / "mine.py", **environment(course))
    assert other.returncode == 2 and "mine.py cannot come along; expected weights.py" in " ".join(other.stderr.split())


@pytest.mark.parametrize("names", [["weights.py"], ["averages.py", "torch.py"], ["averages.py", "conftest.py"], []])
def test_files_that_make_no_submission_are_a_fault_of_ours(names: list[str], grader: Grader) -> None:
    with pytest.raises(GraderFault, match="a submission of averages cannot be made of"):
        grader.grade("averages", [SourceFile(name, REFERENCE) for name in names], seed=1)
