from __future__ import annotations

import pytest

from grader.domain.verdict import Verdict
from grader.judge.faults import ResultRefused, SolutionFault, SolutionRaised, raised


@pytest.mark.parametrize(
    ("lineage", "kind"),
    [
        (["ValueError", "Exception"], ValueError),
        (["MyError", "ValueError", "Exception"], ValueError),
        (["ZeroDivisionError", "ArithmeticError"], ZeroDivisionError),
        (["FloatingPointError", "ArithmeticError"], ArithmeticError),
        (["NotImplementedError", "RuntimeError"], NotImplementedError),
        (["KeyError", "LookupError"], KeyError),
    ],
)
def test_a_suite_catches_a_students_error_by_its_builtin_class(lineage: list[str], kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        raise raised(lineage, "halve(...) raised it")
    assert isinstance(caught.value, SolutionRaised)
    assert caught.value.verdict is Verdict.RUNTIME_ERROR


@pytest.mark.parametrize(
    "name",
    [
        "AssertionError",
        "Failed",
        "Exception",
        "SystemExit",
        "KeyboardInterrupt",
        "GraderFault",
        "SolutionFault",
        "Skipped",
    ],
)
def test_no_name_makes_a_students_error_one_of_the_suites_own(name: str) -> None:
    fault = raised([name, "BaseException"], "halve(...) raised it")
    assert type(fault) is SolutionRaised
    assert not isinstance(fault, AssertionError | pytest.fail.Exception | pytest.skip.Exception)


@pytest.mark.parametrize("name", ["KeyError", "ValueError", "AttributeError", "NameError", "OddError"])
def test_the_words_are_given_as_they_are(name: str) -> None:
    assert str(raised([name], "raised it\n    line 3: x['y']")) == "raised it\n    line 3: x['y']"


def test_a_refused_result_is_a_wrong_answer() -> None:
    fault = ResultRefused("returned nothing")
    assert isinstance(fault, SolutionFault)
    assert fault.verdict is Verdict.WRONG_ANSWER
