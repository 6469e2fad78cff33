"""Facts have one number and one order, whatever the solution does; that is how two lists of them can be compared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from grader.domain.exercise import Exercise, Task
from grader.domain.form import Form, Kind
from grader.domain.verdict import Verdict
from grader.judge import expect, facts
from grader.judge.faults import SolutionRaised, SolutionStopped
from grader.judge.in_the_open import OpenChannel
from grader.judge.suite import Solution, SolutionFunction

X = torch.arange(3.0, dtype=torch.float64)


class Counter:
    """Counts up from `start`, and never down."""

    def __init__(self, *, start: int = 0) -> None:
        if start < 0:
            raise ValueError("start must not be negative")
        self.count = start

    def step(self, by: int) -> float:
        self.count += by
        return self.count / 2


def twice(x: torch.Tensor, *, by: float = 2.0) -> tuple[torch.Tensor, dict[str, Any]]:
    if by < 0:
        raise ValueError("by must not be negative")
    return x * by, {"x": x}


def in_place(x: torch.Tensor, *, by: float = 2.0) -> tuple[torch.Tensor, dict[str, Any]]:
    torch.rand(1)
    return x.mul_(by), {}


def function(name: str, made: Any) -> SolutionFunction:
    tasks = (
        Task(
            id="1",
            function="twice",
            title="Twice",
            points=1,
            returns=(Form.like_argument("x"), Form(name="cache", kind=Kind.DATA)),
        ),
        Task(
            id="2",
            function="Counter",
            title="Counter",
            points=1,
            returns=(Form(name="half", kind=Kind.NUMBER),),
            method="step",
            attributes=(Form(name="count", kind=Kind.INTEGER),),
        ),
    )
    exercise = Exercise(slug="toy", title="Toy", summary="", order=1, folder=Path(), tasks=tasks, bundle=())
    reference = {"twice": twice, "Counter": Counter}
    found: SolutionFunction = getattr(Solution(OpenChannel({**reference, name: made}), exercise, reference), name)
    return found


def test_a_call_has_a_fact_per_value_that_is_not_data() -> None:
    (fact,) = facts.of_call(function("twice", twice), X)
    assert isinstance(fact, torch.Tensor) and torch.equal(fact, X * 2)


def test_what_is_raised_or_refused_stands_in_the_place_of_each_value() -> None:
    assert facts.of_call(function("twice", twice), X, by=-1.0) == ["raises SolutionValueError"]
    assert facts.of_call(function("twice", lambda x: x), X) == ["refused"]


def test_a_solution_that_ended_is_not_asked_on() -> None:
    def stops(_x: torch.Tensor) -> None:
        raise SolutionStopped(Verdict.TIME_LIMIT, "it did not return")

    class Stopping(OpenChannel):
        def call(self, *_: Any, **__: Any) -> Any:
            stops(X)

    made = function("twice", twice)
    made._channel = Stopping({})
    with pytest.raises(SolutionStopped):
        facts.of_call(made, X)


def test_the_life_of_an_object_is_its_results_and_its_attributes() -> None:
    results, counts = facts.of_trace(function("Counter", Counter), {"start": 1}, [(1,), (2,)])
    assert isinstance(results, torch.Tensor) and results.tolist() == [1.0, 2.0]
    assert isinstance(counts, torch.Tensor) and counts.tolist() == [1.0, 2.0, 4.0]
    assert facts.of_trace(function("Counter", Counter), {"start": -1}, []) == ["raises SolutionValueError"] * 2


def test_purity_tells_changed_arguments_and_shared_memory() -> None:
    pure = facts.purity(function("twice", twice), X)
    assert pure == ["changes arguments []", "returns [] in an argument's memory"], "a cache may hold an argument"
    impure = facts.purity(function("twice", in_place), X.clone())
    assert impure == ["changes arguments [0]", "returns [0] in an argument's memory"]


def test_a_refusal_is_told_with_its_setting() -> None:
    assert facts.refusal(function("twice", twice), X, by=-1.0) == "refuses by=-1.0"
    assert facts.refusal(function("twice", twice), X, by=1.0) == "takes by=1.0"
    assert facts.refusal(function("Counter", Counter), start=-1) == "refuses start=-1"
    assert facts.refusal(function("Counter", Counter), start=1) == "takes start=1"


def test_expectations_of_purity_refusal_and_randomness() -> None:
    right, wrong = function("twice", twice), function("twice", in_place)
    assert torch.equal(expect.untouched(right, X)[0], X * 2)
    with pytest.raises(AssertionError, match="the argument x after the call"):
        expect.untouched(wrong, X)
    expect.refuses(right, X, by=-1.0)
    with pytest.raises(AssertionError, match=r"twice\(..., by=-1.0\): got a result, expected a ValueError"):
        expect.refuses(wrong, X, by=-1.0)
    expect.refuses(function("Counter", Counter), start=-1)
    with pytest.raises(AssertionError, match="expected a ValueError"):
        expect.refuses(function("Counter", Counter), start=1)
    expect.draws_by_its_seed(right, X)
    with pytest.raises(AssertionError, match="global random generator"):
        expect.draws_by_its_seed(wrong, X)
    with pytest.raises(SolutionRaised):
        expect.refuses(function("twice", None), X, by=-1.0)


def test_what_may_lie_in_an_arguments_memory_is_named() -> None:
    same = function("twice", lambda x: (x, None))
    expect.untouched(same, X, may_share=["x"])
    with pytest.raises(AssertionError, match="twice returned x in an argument's memory"):
        expect.untouched(same, X)


def test_repeated_calls_are_held_to_the_bit() -> None:
    calls: list[int] = []

    def counting(x: torch.Tensor) -> tuple[torch.Tensor, None]:
        calls.append(1)
        return x + len(calls), None

    expect.repeats(function("twice", twice), X)
    with pytest.raises(AssertionError, match="called twice"):
        expect.repeats(function("twice", counting), X)


@pytest.mark.parametrize(("got", "expected"), [(1.0 + 1e-13, 1.0), (float("nan"), float("nan")), (0.0, 0.0)])
def test_numbers_within_the_tolerance_are_equal(got: float, expected: float) -> None:
    expect.number(got, expected, what="v")


@pytest.mark.parametrize(("got", "expected"), [(1.0 + 1e-11, 1.0), (float("nan"), 1.0), (1.0, float("inf"))])
def test_other_numbers_are_told_with_both_values(got: float, expected: float) -> None:
    with pytest.raises(AssertionError, match=r"v: got .*, expected"):
        expect.number(got, expected, what="v")
