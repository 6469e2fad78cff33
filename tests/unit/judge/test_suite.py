"""What a hidden suite sees of a solution: results of the right form, or words for the student."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from grader.domain.check import Check, Visibility
from grader.domain.exercise import Exercise
from grader.judge.faults import ResultRefused
from grader.judge.suite import CARRIED, MARK, Observation, Solution, Step, check, generator_for

X = torch.zeros(2, 3, dtype=torch.float64)


class Says:
    """A channel that answers every call with the same."""

    def __init__(self, result: Any) -> None:
        self.result = result
        self.calls: list[tuple[str, bool]] = []

    def call(self, function: str, args: tuple[Any, ...], _kwargs: dict[str, Any], *, observe: bool) -> Observation:
        self.calls.append((function, observe))
        return Observation(self.result, args, (0,))

    def walk(self, _function: str, _carried: tuple[Any, ...], _steps: Sequence[Step], meanwhile: Any) -> list[Any]:
        meanwhile()
        return list(self.result)


def solution(exercise: Exercise, result: Any) -> Solution:
    def halve(x: Any, *, by: float = 2.0) -> None: ...
    def both(x: Any, y: Any) -> None: ...

    return Solution(Says(result), exercise, {"halve": halve, "both": both})


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (None, "halve(...) returned nothing (None); expected a tensor."),
        (3.0, "halve(...) returned the number 3.0; expected a tensor."),
        (True, "halve(...) returned the truth value True; expected a tensor."),
        ((X,), "halve(...) returned a tuple of 1 tensor; expected a tensor."),
        ([0.5, 1, 2], "halve(...) returned a list of 3 numbers; expected a tensor."),
        ("x", "halve(...) returned a text; expected a tensor."),
        ({}, "halve(...) returned a dictionary; expected a tensor."),
        (X[0], "halve(...) returned a tensor of shape (3,); expected (2, 3), as the argument has."),
        (
            X.float(),
            "halve(...) returned a tensor of torch.float32; expected torch.float64, the dtype of the argument.",
        ),
    ],
)
def test_one_tensor_of_another_form_is_refused_in_words(result: Any, said: str, exercise: Exercise) -> None:
    with pytest.raises(ResultRefused) as caught:
        solution(exercise, result).halve(X)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (None, "both(...) returned nothing (None); expected 2 tensors (x, y)."),
        (X, "both(...) returned one tensor; expected 2 tensors (x, y)."),
        ((X,), "both(...) returned a tuple of 1 tensor; expected 2 tensors (x, y)."),
        ([X, X, 1], "both(...) returned a list of 3 values; expected 2 tensors (x, y)."),
        ({"x": X, "y": X}, "both(...) returned a dictionary; expected 2 tensors (x, y)."),
        ((X, 1), "both(...) returned as 'y' the number 1; expected a tensor."),
        ((X, X.t()), "both(...) returned as 'y' a tensor of shape (3, 2); expected (2, 3), as the argument has."),
    ],
)
def test_several_tensors_of_another_form_are_refused_in_words(result: Any, said: str, exercise: Exercise) -> None:
    with pytest.raises(ResultRefused) as caught:
        solution(exercise, result).both(X, X)
    assert str(caught.value) == said


def test_a_list_will_do_for_a_tuple(exercise: Exercise) -> None:
    assert type(solution(exercise, [X, X]).both(X, y=X)) is tuple


def test_a_subclass_of_tuple_and_arrays_of_numpy_will_do(exercise: Exercise) -> None:
    got = solution(exercise, torch.return_types.max((X, X + 1))).both(X, X)
    assert [type(part) for part in got] == [torch.Tensor] * 2
    assert torch.equal(solution(exercise, (X + 1).numpy()).halve(X), X + 1)


@pytest.mark.parametrize(
    ("result", "dtype"),
    [(2, torch.float32), (0.5, torch.float64), (-2, torch.int64), (True, torch.bool), (np.float32(2), torch.float32)],
)
def test_a_number_will_do_for_a_tensor_of_no_dimension(result: Any, dtype: torch.dtype, exercise: Exercise) -> None:
    got = solution(exercise, result).halve(torch.zeros((), dtype=dtype))
    assert (got.dtype, got.shape) == (dtype, ())
    assert got.item() == result
    one, other = solution(exercise, (result, X)).both(torch.zeros((), dtype=dtype), X)
    assert torch.equal(one, got)
    assert torch.equal(other, X)


@pytest.mark.parametrize(
    ("result", "dtype", "said"),
    [
        (0.5, torch.int64, "the number 0.5; expected torch.int64"),
        (300, torch.uint8, "the number 300; expected torch.uint8"),
        (True, torch.float64, "the truth value True; expected torch.float64"),
        (1, torch.bool, "the number 1; expected torch.bool"),
        (np.float64(1), torch.float32, "a tensor of torch.float64; expected torch.float32"),
    ],
)
def test_a_number_of_another_kind_is_refused_in_words(
    result: Any, dtype: torch.dtype, said: str, exercise: Exercise
) -> None:
    with pytest.raises(ResultRefused) as caught:
        solution(exercise, result).halve(torch.zeros((), dtype=dtype))
    assert str(caught.value) == f"halve(...) returned {said}, the dtype of the argument."


@pytest.mark.parametrize(
    "result",
    [X.t().clone().t(), X[:1].expand(2, 3), torch.arange(300.0, dtype=torch.float64).as_strided((2, 3), (100, 7))],
)
def test_a_result_lies_in_memory_as_a_test_expects(result: torch.Tensor, exercise: Exercise) -> None:
    got = solution(exercise, result).halve(X)
    assert torch.equal(got.view(-1), result.flatten())
    assert torch.equal(got.view(torch.int64), result.contiguous().view(torch.int64))


def test_a_call_that_the_reference_could_not_take_is_a_fault_of_the_suite(exercise: Exercise) -> None:
    with pytest.raises(TypeError, match="missing a required argument"):
        solution(exercise, X).both(X)
    with pytest.raises(AttributeError, match="no task for a function 'quarter'"):
        solution(exercise, X).quarter(X)


def test_an_observed_call_tells_what_became_of_the_arguments(exercise: Exercise) -> None:
    seen = solution(exercise, X).halve.observe(X)
    assert seen.arguments == (X,)
    assert seen.shared == (0,)


def test_numbers_may_be_walked_on(exercise: Exercise) -> None:
    steps = [Step((CARRIED,), {}), Step((CARRIED,), {})]
    walked = solution(exercise, [1.0, 2]).halve.walk((torch.zeros(()),), steps)
    assert [part.item() for (part,) in walked] == [1.0, 2.0]


def test_a_walk_that_ends_early_is_refused(exercise: Exercise) -> None:
    steps = [Step((CARRIED,), {}), Step((CARRIED,), {"by": 3.0})]
    assert len(solution(exercise, [X, X]).halve.walk((X,), steps)) == 2
    with pytest.raises(ResultRefused, match=r"halve\(...\) answered 1 of 2 calls"):
        solution(exercise, [X]).halve.walk((X,), steps)
    with pytest.raises(ResultRefused, match="expected a tensor"):
        solution(exercise, [X, None]).halve.walk((X,), steps)


def drawn(seed: int, name: str) -> list[float]:
    return torch.randn(4, generator=generator_for(seed, name)).tolist()


def test_a_checks_random_numbers_depend_on_seed_and_name_alone() -> None:
    assert drawn(1, "a") == drawn(1, "a")
    assert drawn(1, "a") != drawn(2, "a")
    assert drawn(1, "a") != drawn(1, "b")
    assert drawn(11, "1/a") != drawn(1, "11/a")
    generator_for(2**63, "large")


def test_drawing_leaves_torchs_own_generator_alone() -> None:
    before = torch.random.get_rng_state()
    drawn(1, "a")
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_mark_carries_the_check() -> None:
    @check("half", task="1.1", points=2, hint="Look at the half.", visibility="visible")
    def test_half() -> None: ...

    (mark,) = test_half.pytestmark  # type: ignore[attr-defined]
    assert mark.name == MARK
    assert mark.args == (
        Check(name="half", task="1.1", points=2, hint="Look at the half.", visibility=Visibility.VISIBLE),
    )
