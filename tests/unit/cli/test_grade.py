"""Both stages as the terminal runs them, with a grader that answers at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest

from grader.catalog import Catalog
from grader.cli.commands import app, main
from grader.cli.console import ExitCode
from grader.cli.grade import Wishes, grade_files
from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Plan
from grader.domain.errors import GraderFault
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.settings import Settings

PASSED = CheckResult(
    name="adam-first-step",
    task="3.3",
    verdict=Verdict.ACCEPTED,
    points=85.0,
    max_points=85.0,
    visibility=Visibility.HIDDEN,
)
ACCEPTED = Report(exercise="adaptive", checks=(PASSED,), tier="t", seed=3, suite_version="v", seconds=0.1)


class FakeGrader:
    """Answers with what it was given, whatever the exercise; notes what it was asked."""

    report: Report
    plan: Plan | None
    found: ComparisonReport | GraderFault
    asked: list[tuple[str, int]]

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def warm(self, slugs: Sequence[str]) -> None:
        pass

    def plan_of(self, _slug: str) -> Plan | None:
        return self.plan

    def grade(
        self, _slug: str, _files: Sequence[SourceFile], *, seed: int, on_check: Callable[[CheckResult], None]
    ) -> Report:
        self.asked.append(("grade", seed))
        on_check(PASSED)
        return self.report

    def compare(
        self,
        _slug: str,
        files: Sequence[SourceFile],
        *,
        seed: int,
        on_check: Callable[[CheckResult], None],
        on_gpu: bool,
    ) -> ComparisonReport:
        self.asked.append(("compare", seed))
        assert not on_gpu and [file.name for file in files] == ["adaptive.py"]
        if isinstance(self.found, GraderFault):
            raise self.found
        for check in self.found.checks:
            on_check(check)
        return self.found


@pytest.fixture
def grader(monkeypatch: pytest.MonkeyPatch, comparison: ComparisonReport) -> type[FakeGrader]:
    """The grader that `gradescent grade` gets: an accepted solution, and a comparison of which one check fails."""
    monkeypatch.setattr("grader.cli.grade.Grader", FakeGrader)
    FakeGrader.report, FakeGrader.plan, FakeGrader.found, FakeGrader.asked = ACCEPTED, Plan(points=15.0), comparison, []
    return FakeGrader


@pytest.fixture
def solution(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text("x = 1\n")
    return path


Run = Callable[..., ExitCode]


@pytest.fixture
def run(settings: Settings, grader: type[FakeGrader], solution: Path) -> Run:
    """Grade the solution, or these files."""

    def grade(*paths: Path, **wishes: Any) -> ExitCode:
        return grade_files(settings, paths or [solution], "adaptive", along=[], jobs=2, wishes=Wishes(**wishes))

    return grade


def test_the_comparison_follows_the_checks_under_the_same_seed(
    run: Run, grader: type[FakeGrader], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(seed=3) is ExitCode.NOT_ACCEPTED
    assert grader.asked == [("grade", 3), ("compare", 3)]
    assert "wrong answer   90 of 100 points" in capsys.readouterr().out


def test_all_is_accepted_when_both_stages_are(run: Run, grader: type[FakeGrader], comparison: ComparisonReport) -> None:
    grader.found = replace(comparison, checks=comparison.checks[:1], max_points=5.0)
    assert run() is ExitCode.OK


def test_checks_only_leaves_the_comparison_and_its_points_out(
    run: Run, grader: type[FakeGrader], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(checks_only=True) is ExitCode.OK
    assert grader.asked == [("grade", 0)]
    assert "accepted   85 of 85 points" in capsys.readouterr().out


def test_an_exercise_without_a_comparison_has_checks_alone(run: Run, grader: type[FakeGrader]) -> None:
    grader.plan = None
    assert run() is ExitCode.OK
    assert grader.asked == [("grade", 0)]


def test_where_the_checks_could_not_run_nothing_is_compared_and_the_maximum_stays(
    run: Run, grader: type[FakeGrader], capsys: pytest.CaptureFixture[str]
) -> None:
    failed = replace(PASSED, verdict=Verdict.SKIPPED, points=0.0)
    grader.report = replace(ACCEPTED, checks=(failed,), failure=Verdict.COMPILE_ERROR, message="line 1")
    assert run(as_json=True) is ExitCode.NOT_ACCEPTED
    assert grader.asked == [("grade", 0)]
    told = json.loads(capsys.readouterr().out)
    assert (told["points"], told["max_points"], told["verdict"]) == (0.0, 100.0, "compile_error")
    assert told["comparison"]["checks"] == [] and "no training comparison" in told["comparison"]["message"]


def test_a_comparison_that_the_grader_could_not_make_is_no_fault_of_the_file(
    run: Run, grader: type[FakeGrader], solution: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grader.found = GraderFault("a data set cannot be fetched")
    assert run(as_json=True) is ExitCode.INTERNAL
    told, said = capsys.readouterr()
    assert json.loads(told)["verdict"] == "internal_error"
    assert "no fault of this file: in the training comparison, which --checks-only leaves out: a data set" in said


def test_json_holds_the_comparison_with_its_pictures(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run(as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert {"verdict", "points", "max_points", "checks", "device", "notes", "seconds"} <= set(told["comparison"])
    assert [item["name"] for item in told["comparison"]["misconceptions"]] == ["no-correction", "eps-inside"]
    assert [item["name"] for item in told["comparison"]["pictures"]] == ["adam-loss", "adam-ravine"]
    assert "plots" not in told


def test_pictures_are_written_and_told_for_each_file(
    run: Run, tmp_path: Path, solution: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing, folder = tmp_path / "missing.py", tmp_path / "plots"
    assert run(solution, missing, solution, as_json=True, plots=folder) is ExitCode.USAGE
    first, second, third = (json.loads(line)["plots"] for line in capsys.readouterr().out.splitlines())
    names = ["mine-adam-loss.png", "mine-adam-loss.svg", "mine-adam-ravine.png", "mine-adam-ravine.svg"]
    assert first == [str(folder / name) for name in names]
    assert second == [] and len(set(first + third)) == 8
    assert sorted(str(path) for path in folder.iterdir()) == sorted(first + third)


def test_the_terminal_says_where_the_pictures_are(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run(plots=Path("plots"))
    assert "wrote plots/mine-adam-loss.png" in capsys.readouterr().out


def test_a_picture_that_cannot_be_written_costs_the_exit_code_but_no_report(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plots" / "mine-adam-loss.png").mkdir(parents=True)
    assert run(plots=tmp_path / "plots") is ExitCode.USAGE
    told, said = capsys.readouterr()
    assert "90 of 100 points" in told
    assert "cannot be written: Is a directory" in said.replace("\n", "")


def test_a_folder_for_pictures_that_cannot_be_ends_the_command_before_it_grades(
    grader: type[FakeGrader], solution: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ["gradescent", "grade", str(solution), "-e", "adaptive", "--plots", str(solution / "plots")]
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == ExitCode.USAGE
    assert "plots cannot be written: Not a directory" in capsys.readouterr().err.replace("\n", "")
    assert grader.asked == []


def test_the_options_of_the_command_reach_the_grader(
    grader: type[FakeGrader], solution: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "grade",
        str(solution),
        "-e",
        "adaptive",
        "--seed",
        "5",
        "--checks-only",
        "--plots",
        str(tmp_path / "p"),
    ]
    assert app(arguments, standalone_mode=False) == ExitCode.OK
    assert grader.asked == [("grade", 5)]
    assert list((tmp_path / "p").iterdir()) == []
