"""Whatever a guest answers, a test gets a result of the right form or a fault of the student's, and nothing else.

`FUZZ_TIMES=30 python -m pytest --timeout 0 tests/unit/sandbox tests/unit/judge -k fuzz` tries thirty times as many.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.domain.exercise import Exercise
from grader.domain.submission import SourceFile
from grader.domain.text import one_line
from grader.judge import channel as channel_module
from grader.judge.channel import GuestChannel
from grader.judge.faults import SolutionFault
from grader.judge.suite import CARRIED, Observation, Solution, Step
from grader.sandbox import wire
from grader.sandbox.held_guest import GuestEnd

TIMES = float(os.environ.get("FUZZ_TIMES", "1"))
LIMITS = wire.Limits(body_bytes=1 << 20)
X = torch.arange(6.0, dtype=torch.float64).reshape(2, 3)
ONE = torch.tensor(1.0)
STEPS = [Step((CARRIED, ONE), {}), Step((CARRIED, ONE), {"by": 3.0})]


def answers(count: int) -> settings:
    """Try so many answers, other ones in each run."""
    return settings(
        max_examples=math.ceil(count * TIMES),
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


LOADED = {"loaded": True}
SYNTAX = {"syntax": ["'return' outside function", 2, 5]}
RAISED = {"raised": ["ValueError"], "text": "no", "line": 2, "closed": None}
OBSERVED = {"result": (X, ONE), "arguments": (X, ONE), "shared": [1], "drew_globally": False}
RETURNED = {**OBSERVED, "result": X, "shared": [], "drew_globally": False}
TURNED = {**RETURNED, "result": X.t().contiguous().t()}
WALKED = {"results": [(X, ONE), (X + 1, 2.0)]}
DRIVEN = {"results": [X, X + 1]}
DRIVEN_WHOLE = {"results": [(X, ONE), (X + 1, ONE)]}
GOOD = [
    LOADED,
    SYNTAX,
    OBSERVED,
    RETURNED,
    WALKED,
    {"results": [X, X]},
    RAISED,
    {**RAISED, "closed": "torch.optim"},
    {"missing": "both"},
    {"unsendable": "a value of type object"},
    {"too_deep": "a value nested too deeply (more than 12 levels)"},
]
SIMILAR: dict[type, list[Any]] = {
    torch.Tensor: [
        X.float(),
        X.t(),
        X[0],
        ONE,
        ONE.double(),
        ONE.bool(),
        X.tolist(),
        1.0,
        None,
    ],
    int: [-1, 2, True, 1.0, math.inf, "0", ONE, None],
    str: ["\x1b[31m", "a\u202eb", "a\nb", "x" * 5000, "", 3, ["ValueError"], ONE, None],
    list: [[], [-1], [2], [True], [0.0], (0,), 0, None],
    tuple: [(X,), (X, ONE, ONE), [X, ONE], (ONE, X), (X, 1), (X, True), X],
}
"""What may come to stand where something of a type was, and look right at first sight."""

dtypes = st.sampled_from(list(wire.DTYPES.values()))
tensors = st.builds(
    lambda shape, dtype: torch.ones(shape, dtype=dtype), st.lists(st.integers(0, 3), max_size=3), dtypes
)
leaves = st.one_of(
    st.sampled_from([X, ONE, X.t(), X.float(), X[:1].expand(2, 3)]),
    tensors,
    st.sampled_from([None, True, False, 0, 1, -1, 2, 1 << 31, (1 << 63) - 1, -(1 << 63)]),
    st.floats(),
    st.sampled_from(
        ["", "x", "ValueError", "KeyError", "torch.optim", "No space left on device", "bad_alloc", "\ud800"]
    ),
    st.text(max_size=400),
)
keys = st.sampled_from(sorted({key for answer in GOOD for key in answer})) | st.text(max_size=2)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3) | st.lists(inner, max_size=3).map(tuple) | st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=3,
)


def other(draw: st.DrawFn, value: Any) -> Any:
    """Return a value with one of its parts, or all of it, made another, left out or doubled."""
    inner = isinstance(value, (dict, list, tuple)) and value and draw(st.integers(0, 2))
    if not inner:
        similar = st.sampled_from(SIMILAR.get(type(value), [None]))
        return draw(similar | similar | values)
    what = draw(st.sampled_from(["other", "other", "other", "left out", "doubled"]))
    if isinstance(value, dict):
        key = draw(st.sampled_from(sorted(value)))
        rest = {name: part for name, part in value.items() if name != key}
        if what == "left out":
            return rest
        return {**value, draw(keys): value[key]} if what == "doubled" else {**rest, key: other(draw, value[key])}
    parts, place = list(value), draw(st.integers(0, len(value) - 1))
    if what == "other":
        parts[place] = other(draw, parts[place])
    else:
        parts[place : place + 1] = parts[place : place + 1] * (2 if what == "doubled" else 0)
    return type(value)(parts)


@st.composite
def lies(draw: st.DrawFn, good: list[Any]) -> Any:
    """Make a good answer another one, in up to three places."""
    value = draw(st.sampled_from(good))
    for _ in range(draw(st.integers(0, 3))):
        value = other(draw, value)
    return value


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """Make a frame with some of its bytes flipped."""
    data = bytearray(wire.encode(draw(st.sampled_from(GOOD))))
    for _ in range(draw(st.integers(1, 4))):
        data[draw(st.integers(0, len(data) - 1))] ^= draw(st.integers(1, 255))
    return bytes(data)


def answering(*good: Any) -> st.SearchStrategy[Any]:
    """Draw what a guest says where one of the `good` answers is asked for."""
    return lies(list(good)) | lies(list(good)) | lies(GOOD) | st.dictionaries(keys, values, max_size=2) | broken()


class FakeGuest:
    """Stands for a guest of which every answer is drawn; reads it as the real hold on a guest does."""

    answers: list[Any]

    def __init__(self, *_: Any, **__: Any) -> None:
        self.output = bytearray()

    def request(self, _request: dict[str, Any], _seconds: float, _meanwhile: Any = None) -> dict[str, Any]:
        answer = self.answers.pop(0) if self.answers else LOADED
        answer = wire.decode_frame(answer if isinstance(answer, bytes) else wire.encode(answer), LIMITS)
        if not isinstance(answer, dict):
            raise wire.BadFrame("an answer is a dict")
        return answer

    def end(self) -> GuestEnd:
        return GuestEnd(ended_itself=False, code=-9, cpu_seconds=0.0, grown_kb=0)


Ask = Callable[[list[Any]], tuple[GuestChannel, Solution]]


@pytest.fixture
def ask(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Return what makes a channel and a solution whose guests give such answers, one after the other."""

    def halve(x: Any, *, by: float = 2.0) -> None: ...
    def both(x: Any, y: Any, *, by: float = 2.0) -> None: ...

    def made(drawn: list[Any]) -> tuple[GuestChannel, Solution]:
        monkeypatch.setattr(channel_module, "Guest", type("Drawn", (FakeGuest,), {"answers": list(drawn)}))
        file = SourceFile("toy.py", b"def halve(x):\n    return x / 2\n")
        channel = GuestChannel(None, exercise, [file])  # type: ignore[arg-type]
        return channel, Solution(channel, exercise, {"halve": halve, "both": both})

    return made


def outcome(function: Callable[[], Any]) -> Any:
    """Return what a call returns, or `None` after a fault that a student can read. Nothing else is let through."""
    try:
        return function()
    except SolutionFault as caught:
        text = str(caught)
    assert 0 < len(text) < 3000
    assert all(one_line(line, 3000) == line for line in text.split("\n"))
    return None


def is_like(value: Any, like: torch.Tensor) -> bool:
    return type(value) is torch.Tensor and (value.dtype, value.shape) == (like.dtype, like.shape)


def assert_of_the_right_form(seen: Observation, results: int) -> None:
    assert type(seen) is Observation
    assert type(seen.arguments) is tuple
    assert type(seen.shared) is tuple
    assert [is_like(*pair) for pair in zip(seen.arguments, (X, ONE), strict=True)] == [True, True]
    assert all(type(place) is int and 0 <= place < results for place in seen.shared)


@given(first=answering(LOADED, SYNTAX, RAISED), then=answering(RETURNED))
@answers(300)
def test_any_answer_to_load_is_a_loaded_file_or_a_fault(first: Any, then: Any, ask: Ask) -> None:
    channel, solution = ask([first, then])
    assert outcome(channel.load) is None
    for _ in range(2):
        outcome(lambda: solution.halve(X))
    channel.close()


@given(drawn=st.lists(answering(OBSERVED, OBSERVED, RAISED), min_size=1, max_size=3))
@answers(900)
def test_any_answer_to_a_call_is_a_result_of_the_right_form_or_a_fault(drawn: list[Any], ask: Ask) -> None:
    channel, solution = ask([LOADED, *drawn])
    for _ in drawn:
        if (seen := outcome(lambda: solution.both.observe(X, ONE))) is not None:
            assert_of_the_right_form(seen, 2)
            assert type(seen.result) is tuple
            assert [is_like(*pair) for pair in zip(seen.result, (X, ONE), strict=True)] == [True, True]
    channel.close()


@given(drawn=st.lists(answering(RETURNED, TURNED, RAISED), min_size=1, max_size=2))
@answers(500)
def test_any_answer_to_a_plain_call_is_a_tensor_of_the_right_form_or_a_fault(drawn: list[Any], ask: Ask) -> None:
    channel, solution = ask([LOADED, *drawn])
    for _ in drawn:
        if (got := outcome(lambda: solution.halve(X))) is not None:
            assert is_like(got, X)
            assert got.view(-1).view(torch.int64).numel() == X.numel()
    channel.close()


@given(drawn=answering(WALKED, {"results": [X, X]}))
@answers(900)
def test_any_answer_to_a_walk_is_one_tuple_per_step_or_a_fault(drawn: Any, ask: Ask) -> None:
    channel, solution = ask([LOADED, drawn])
    if (walked := outcome(lambda: solution.halve.walk((X,), [Step((CARRIED,), {}), Step((CARRIED,), {})]))) is not None:
        assert [len(step) for step in walked] == [1, 1]
        assert all(is_like(part, X) for (part,) in walked)
    channel.close()
    channel, solution = ask([LOADED, drawn])
    if (walked := outcome(lambda: solution.both.walk((X,), STEPS))) is not None:
        assert all([is_like(*pair) for pair in zip(step, (X, ONE), strict=True)] == [True, True] for step in walked)
        assert len(walked) == len(STEPS)
    channel.close()


@given(drawn=st.lists(answering(DRIVEN, DRIVEN_WHOLE, {"refused": None, "number": 0}), min_size=1, max_size=3))
@answers(900)
def test_any_answer_to_a_driven_step_is_a_tensor_per_call_or_a_fault(drawn: list[Any], ask: Ask) -> None:
    for whole in (False, True):
        _, solution = ask([LOADED, *drawn])
        drive = solution.both.drive([(X, ONE), (X, ONE)])
        for _ in drawn:
            step = partial(drive.step, [(CARRIED, CARRIED)] * 2, {"by": 2.0}, whole=whole)
            if (moved := outcome(step)) is None:
                continue
            assert len(moved) == 2
            firsts = [part[0] for part in moved] if whole else moved
            assert all(is_like(first, X) for first in firsts)
            assert not whole or all(is_like(part[1], ONE) for part in moved)
