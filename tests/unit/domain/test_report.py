import json
from typing import Any

import pytest

from grader.domain.check import CheckResult, Visibility
from grader.domain.misconception import Misconception
from grader.domain.report import Audience, Report, check_feedback, serialize
from grader.domain.verdict import Verdict

SECRET = "got 0.1, expected 0.31622"


def result(**changes: Any) -> CheckResult:
    values: dict[str, Any] = {
        "name": "adam-first-step",
        "task": "3.3",
        "verdict": Verdict.WRONG_ANSWER,
        "points": 0.0,
        "max_points": 4.0,
        "visibility": Visibility.HIDDEN,
        "message": SECRET,
        "hint": "Look at step 1.",
    }
    return CheckResult(**(values | changes))


def report(*checks: CheckResult, **changes: Any) -> Report:
    values: dict[str, Any] = {
        "exercise": "adaptive",
        "tier": "namespaces",
        "seed": 7,
        "suite_version": "v",
        "seconds": 0.1,
    }
    return Report(checks=checks, **(values | changes))


RIGHT = result(name="other", verdict=Verdict.ACCEPTED, points=6.0, max_points=6.0, message="")


def test_points_add_up_and_the_worst_check_is_the_verdict() -> None:
    found = report(result(), RIGHT)
    assert (found.verdict, found.points, found.max_points) == (Verdict.WRONG_ANSWER, 6.0, 10.0)


def test_a_failure_of_the_whole_file_earns_nothing() -> None:
    found = report(result(), RIGHT, failure=Verdict.FORBIDDEN, message="line 3: torch.optim is closed")
    assert (found.verdict, found.points, found.max_points) == (Verdict.FORBIDDEN, 0.0, 10.0)


def test_a_student_reads_the_hint_of_a_hidden_check_and_never_its_message() -> None:
    assert check_feedback(result(), Audience.STUDENT) == "Look at step 1."


def test_a_student_reads_what_their_own_code_did_before_the_hint() -> None:
    feedback = check_feedback(result(fault="NameError in line 12"), Audience.STUDENT)
    assert feedback == "NameError in line 12\nLook at step 1."


def test_a_student_reads_the_message_of_a_visible_check() -> None:
    assert check_feedback(result(visibility=Visibility.VISIBLE), Audience.STUDENT) == SECRET


def test_staff_read_the_message_of_every_check() -> None:
    assert check_feedback(result(), Audience.STAFF) == SECRET


def test_a_passed_hidden_check_says_nothing() -> None:
    assert check_feedback(result(verdict=Verdict.ACCEPTED, fault="f"), Audience.STUDENT) == ""


def test_what_a_student_gets_holds_no_expected_value_and_no_seed() -> None:
    data = serialize(report(result(), RIGHT), Audience.STUDENT)
    assert SECRET not in json.dumps(data)
    assert data["seed"] is None
    assert serialize(report(), Audience.STAFF)["seed"] == 7


@pytest.mark.parametrize("audience", Audience)
def test_everybody_gets_the_same_fields(audience: Audience) -> None:
    data = serialize(report(result()), audience)
    assert {"exercise", "verdict", "points", "max_points", "checks", "misconception", "comparison", "tier"} <= set(data)
    assert set(data["checks"][0]) == {"name", "task", "verdict", "points", "max_points", "visibility", "message"}


def test_the_first_misconception_is_the_likely_one() -> None:
    found = (
        Misconception("no-correction", "You forgot it.", "3.3"),
        Misconception("eps-hat", "A variant.", "3.3", True),
    )
    data = serialize(report(misconceptions=found), Audience.STUDENT)
    assert data["misconception"] == {"name": "no-correction", "sentence": "You forgot it."}
    assert [item["is_variant"] for item in data["misconceptions"]] == [False, True]
    assert serialize(report(), Audience.STUDENT)["misconception"] is None
