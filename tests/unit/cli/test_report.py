from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from grader.catalog import load_catalog
from grader.cli.report import show_report
from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Plan
from grader.domain.misconception import Misconception
from grader.domain.report import Report
from grader.domain.verdict import Verdict
from grader.settings import REPOSITORY

CHECK = CheckResult(
    name="adam-first-step",
    task="3.3",
    verdict=Verdict.WRONG_ANSWER,
    points=0.0,
    max_points=4.0,
    visibility=Visibility.HIDDEN,
    message="param[0]: got 1, expected 2",
    hint="Look at step 1.",
)
PASSED = replace(CHECK, name="adam-state", verdict=Verdict.ACCEPTED, points=26.0, max_points=26.0, message="fine")
REPORT = Report(
    exercise="adaptive", checks=(CHECK, PASSED), tier="namespaces", seed=7, suite_version="abc", seconds=0.25
)


def shown(report: Report, file: str = "mine.py", plan: Plan | None = None, pictures: tuple[Path, ...] = ()) -> str:
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    exercise = replace(load_catalog(REPOSITORY / "exercises").exercise("adaptive"), comparison=plan)
    show_report(console, report, exercise, file=file, pictures=pictures)
    assert isinstance(console.file, io.StringIO)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_points_stand_for_the_file_and_for_each_task() -> None:
    text = shown(REPORT)
    assert "wrong answer   26 of 30 points" in text
    assert "26 / 30" in text and "1 / 2" in text
    assert "tier namespaces · seed 7 · suite abc · 0.25 s" in text


def test_a_failed_check_is_told_with_its_hint_and_a_passed_one_is_counted_only() -> None:
    text = shown(REPORT)
    assert "✗ adam-first-step" in text and "got 1, expected 2" in text and "hint: Look at step 1." in text
    assert "adam-state" not in text


def test_a_hint_that_the_message_holds_already_is_not_repeated() -> None:
    text = shown(replace(REPORT, checks=(replace(CHECK, message="got 1\nLook at step 1."),)))
    assert text.count("Look at step 1.") == 1


@pytest.mark.parametrize(("is_variant", "title"), [(False, "likely misconception"), (True, "another convention")])
def test_a_misconception_stands_in_a_panel(is_variant: bool, title: str) -> None:
    found = Misconception("no-correction", "You forgot it.", "3.3", is_variant)
    text = shown(replace(REPORT, misconceptions=(found,)))
    assert f"{title}, task 3.3: no-correction" in text and "You forgot it." in text


def test_what_ended_the_whole_file_is_shown_with_its_lines() -> None:
    message = "line 2:\n    def f(:\n          ^\nSyntaxError"
    text = shown(replace(REPORT, checks=(), message=message, failure=Verdict.COMPILE_ERROR))
    assert "compile error" in text
    assert "          ^" in text


def test_the_comparison_tells_each_check_the_misconceptions_and_how_it_ran(comparison: ComparisonReport) -> None:
    text = shown(replace(REPORT, comparison=comparison))
    assert "wrong answer   31 of 45 points" in text
    assert "Training comparison with PyTorch   5 of 15 points, wrong answer" in text
    assert "✓ adagrad-parity  task 3.1, 5 of 5 points, accepted\n    E = 0" in text
    assert "✗ adam-parity  task 3.3, 0 of 10 points, wrong answer\n    From step 7 on, `layer1.weight`" in text
    assert text.count("Look at step 7.") == 1
    assert text.index("likely misconception, task 3.3: no-correction") < text.index("another convention, task 3.3: eps")
    assert "on the CPU, 2.31 s\n  No GPU was to be had." in text


def test_a_comparison_that_could_not_be_says_why() -> None:
    ended = ComparisonReport(max_points=15.0, message="Without checks none.", failure=Verdict.COMPILE_ERROR)
    text = shown(replace(REPORT, comparison=ended))
    assert "0 of 15 points, compile error" in text and "Without checks none." in text
    assert "on the" not in text


@pytest.mark.parametrize(("plan", "told"), [(Plan(points=15.0), True), (None, False)])
def test_the_footer_tells_that_the_comparison_was_left_out(plan: Plan | None, told: bool) -> None:
    text = " ".join(shown(REPORT, plan=plan).split())
    assert ("checks only, without the 15 points of the training comparison" in text) is told


def test_the_files_of_pictures_are_named(comparison: ComparisonReport) -> None:
    text = shown(replace(REPORT, comparison=comparison), pictures=(Path("plots/\x1b.png"), Path("plots/\x1b.svg")))
    assert "wrote plots/\\x1b.png and 1 more" in text


def test_nothing_of_a_student_acts_on_the_terminal(comparison: ComparisonReport) -> None:
    evil = "\x1b]0;owned\x07[red]x[/red][/]"
    check = replace(CHECK, message=evil, name=evil, hint=evil)
    found = (Misconception(evil, evil, "3.3"),)
    report = replace(
        REPORT,
        comparison=replace(comparison, checks=(check,), misconceptions=found, notes=(evil,), device=evil, message=evil),
        checks=(replace(CHECK, message=evil, name=evil, hint=evil),),
        message=evil,
        misconceptions=(Misconception(evil, evil, "3.3"),),
    )
    text = shown(report, file=evil)
    assert "\x1b]" not in text and "\x07" not in text
    assert "[red]x[/red][/]" in text
