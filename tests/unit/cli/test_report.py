from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from grader.catalog import load_catalog
from grader.cli.report import show_report
from grader.domain.check import CheckResult, Visibility
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


def shown(report: Report, file: str = "mine.py") -> str:
    console = Console(file=io.StringIO(), width=100, force_terminal=True, color_system=None)
    show_report(console, report, load_catalog(REPOSITORY / "exercises").exercise("adaptive"), file=file)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


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


def test_nothing_of_a_student_acts_on_the_terminal() -> None:
    evil = "\x1b]0;owned\x07[red]x[/red][/]"
    report = replace(
        REPORT,
        checks=(replace(CHECK, message=evil, name=evil, hint=evil),),
        message=evil,
        misconceptions=(Misconception(evil, evil, "3.3"),),
    )
    text = shown(report, file=evil)
    assert "\x1b]" not in text and "\x07" not in text
    assert "[red]x[/red][/]" in text
