"""A suite that does not keep the manifest's promises is refused, and a warm suite forgets whom it was warmed with."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.domain.check import Check
from grader.domain.errors import GraderFault, ManifestError
from grader.domain.exercise import Exercise
from grader.domain.verdict import Verdict
from grader.judge.in_the_open import OpenChannel
from grader.judge.job import _run_check
from grader.judge.plugin import SuitePlugin, check_of
from grader.judge.suite import MARK
from grader.judge.warm import forget_fixtures


class Item:
    """As much of a collected test as collecting needs."""

    nodeid = "test_toy.py::test_it"

    def __init__(self, name: str, task: str, points: float) -> None:
        self.check = Check(name=name, task=task, points=points, hint="")

    def get_closest_marker(self, name: str) -> Any:
        assert name == MARK
        return pytest.mark.check(self.check).mark if self.check.points else None


def collected(exercise: Exercise, *items: Item) -> list[str]:
    found: list[Any] = list(items)
    SuitePlugin(exercise, {"halve": halve, "both": both}).pytest_collection_modifyitems(found)
    return [item.check.name for item in found]


def test_checks_are_put_in_the_order_of_the_tasks(exercise: Exercise) -> None:
    assert collected(exercise, Item("b", "1.2", 2), Item("a", "1.1", 1), Item("c", "1.1", 1)) == ["a", "c", "b"]


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([Item("a", "1.1", 2)], "points of task 1.2: expected 2 points in all, found 0"),
        ([Item("a", "1.1", 3), Item("b", "1.2", 2)], "points of task 1.1: expected 2 points in all, found 3"),
        (
            [Item("a", "1.1", 2), Item("a", "1.2", 2)],
            "@check name: expected a different name for each check, found ['a']",
        ),
        ([Item("a", "1.1", 2), Item("b", "1.2", 2), Item("c", "9", 1)], "@check task: expected a task of the manifest"),
        ([Item("a", "1.1", 0)], "test_it: @check: expected every hidden test marked as a check, it is missing"),
    ],
    ids=["too few points", "too many points", "the same name twice", "unknown task", "unmarked test"],
)
def test_a_suite_that_breaks_a_promise_is_refused(items: list[Item], said: str, exercise: Exercise) -> None:
    with pytest.raises(ManifestError) as caught:
        collected(exercise, *items)
    assert said in str(caught.value)


SUITE = """
    import pytest
    from grader.judge.suite import check

    @check("half", task="1.1", points=2, hint="Look at the half.")
    def test_half(solution, draw):
        x = torch.randn(3, generator=draw, dtype=torch.float64)
        assert torch.equal(solution.halve(x), x / 2)

    @check("refuses", task="1.2", points=1, hint="Look at the zero.")
    def test_refuses(solution):
        with pytest.raises(ValueError):
            solution.halve(torch.zeros(1), by=0.0)

    @check("broken", task="1.2", points=1, hint="")
    def test_broken():
        {}["no such key"]
"""


def halve(x: torch.Tensor, *, by: float = 2.0) -> torch.Tensor:
    if not by:
        raise ValueError("by must not be zero")
    return x / by


def both(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x, y


def wrong(x: torch.Tensor, *, by: float = 2.0) -> torch.Tensor:
    if not by:
        raise AssertionError("not the suite's own")
    return x


class Loop:
    """Takes the place of pytest's loop, as the warm judge does, and runs what a test asks for."""

    def __init__(self, exercise: Exercise) -> None:
        self.reference = {"halve": halve, "both": both}
        self.suite = SuitePlugin(exercise, self.reference)
        self.items: Sequence[pytest.Item] = ()

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = session.items
        self.outcome = self.do(self)
        return True

    def run(self, folder: Path, do: Any) -> Any:
        """Collect the suite, call `do` with this in pytest's loop, and return what it returned."""
        (folder / "test_toy.py").write_text("import torch\n" + textwrap.dedent(SUITE))
        self.do = do
        where = ["-c", os.devnull, "--rootdir", str(folder), "--import-mode=importlib", str(folder)]
        status = pytest.main(["-s", "-p", "no:terminal", *where], plugins=[self.suite, self])
        assert status == pytest.ExitCode.OK
        return self.outcome

    def graded(self, index: int, function: Any) -> Any:
        """Run one check against a function, as a job does."""
        self.suite.channel = OpenChannel({"halve": function})
        item = self.items[index]
        return _run_check(item, None, check_of(item))


@pytest.fixture
def loop(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> Loop:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    return Loop(exercise)


def test_a_test_that_ran_is_as_new_once_its_fixtures_are_forgotten(loop: Loop, tmp_path: Path) -> None:
    def do(loop: Loop) -> None:
        assert loop.graded(0, halve).verdict is Verdict.ACCEPTED
        assert loop.items[0].funcargs  # type: ignore[attr-defined]
        forget_fixtures(loop.items[0])
        assert not loop.items[0].funcargs  # type: ignore[attr-defined]
        assert loop.graded(0, wrong).verdict is Verdict.WRONG_ANSWER

    loop.run(tmp_path, do)


def test_a_test_that_still_holds_its_fixtures_is_not_run_for_anybody(loop: Loop, tmp_path: Path) -> None:
    def do(loop: Loop) -> None:
        loop.graded(0, halve)
        with pytest.raises(GraderFault, match="still holds the fixtures of an earlier run"):
            loop.graded(0, wrong)

    loop.run(tmp_path, do)


def test_a_students_assertion_is_not_the_suites(loop: Loop, tmp_path: Path) -> None:
    def do(loop: Loop) -> Any:
        return loop.graded(1, wrong)

    result = loop.run(tmp_path, do)
    assert (result.verdict, result.points) == (Verdict.RUNTIME_ERROR, 0.0)
    assert result.fault == "AssertionError: not the suite's own"
    assert result.message == "AssertionError: not the suite's own\nLook at the zero."


def test_a_students_value_error_is_what_the_suite_waits_for(loop: Loop, tmp_path: Path) -> None:
    result = loop.run(tmp_path, lambda loop: loop.graded(1, halve))
    assert (result.verdict, result.points) == (Verdict.ACCEPTED, 1.0)


def test_a_check_that_fails_by_itself_is_a_fault_of_ours(loop: Loop, tmp_path: Path) -> None:
    def do(loop: Loop) -> None:
        with pytest.raises(GraderFault, match="check broken itself failed"):
            loop.graded(2, halve)

    loop.run(tmp_path, do)
