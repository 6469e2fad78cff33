"""The channel believes nothing that a guest says: every lie ends as a verdict of the student's, never as our fault."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from grader.domain.exercise import Exercise
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.judge import channel as channel_module
from grader.judge.channel import GuestChannel
from grader.judge.faults import ResultRefused, SolutionFault, SolutionStopped
from grader.judge.in_the_open import OpenChannel
from grader.judge.suite import CARRIED, DriveStep, Life, Solution, Step
from grader.sandbox import wire
from grader.sandbox.held_guest import GuestEnd, TooMuchOutput

X = torch.zeros(2, dtype=torch.float64)
GOOD = {"result": X, "arguments": (X,), "shared": [], "drew_globally": False}
LOADED = {"loaded": True}
INTERFERED = "the code interfered with how results are sent back"


class Liar:
    """Stands for the guest: answers `load` as it should, then whatever it was told to."""

    answer: Any = GOOD
    load_answer: Any = LOADED
    end_of_it = GuestEnd(ended_itself=False, code=-9, cpu_seconds=0.0, grown_kb=0)
    output = b""
    started = 0

    def __init__(self, *_: Any, **__: Any) -> None:
        type(self).started += 1

    def request(self, value: dict[str, Any], _seconds: float, meanwhile: Callable[[], None] | None = None) -> Any:
        if meanwhile is not None:
            meanwhile()
        answer = self.load_answer if value["do"] == "load" else self.answer
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def end(self) -> GuestEnd:
        return self.end_of_it


Ask = Callable[..., SolutionFault]


@pytest.fixture
def liar(monkeypatch: pytest.MonkeyPatch) -> type[Liar]:
    made = type("Liar", (Liar,), {"started": 0})
    monkeypatch.setattr(channel_module, "Guest", made)
    return made


@pytest.fixture
def channel(exercise: Exercise, liar: type[Liar]) -> GuestChannel:
    return GuestChannel(None, exercise, [SourceFile("toy.py", b"def halve(x):\n    return x / 2\n")])  # type: ignore[arg-type]


def fault_of(channel: GuestChannel) -> SolutionFault:
    with pytest.raises(SolutionFault) as caught:
        channel.call("halve", (X,), {}, observe=True)
    return caught.value


ACCOUNT = {"raised": ["ValueError"], "text": "no", "line": 2, "closed": None}

LIES = {
    "nothing": {},
    "a result alone": {"result": X},
    "arguments of another number": {**GOOD, "arguments": ()},
    "arguments in a list": {**GOOD, "arguments": [X]},
    "an argument of another type": {**GOOD, "arguments": (3.0,)},
    "a state of randomness that is a number": {**GOOD, "drew_globally": 1},
    "no such position": {**GOOD, "shared": [1]},
    "a position from the end": {**GOOD, "shared": [-1]},
    "a position at infinity": {**GOOD, "shared": [math.inf]},
    "a position that is a bool": {**GOOD, "shared": [True]},
    "positions that are a text": {**GOOD, "shared": "0"},
    "an exception of nothing": {"raised": []},
    "an exception without a text": {"raised": ["ValueError"]},
    "an exception at line infinity": {**ACCOUNT, "line": math.inf},
    "an exception at line NaN": {**ACCOUNT, "line": math.nan},
    "an exception at line tensor": {**ACCOUNT, "line": X},
    "classes that are a text": {**ACCOUNT, "raised": "ValueError"},
    "classes that are tensors": {**ACCOUNT, "raised": [X]},
    "a text that is a list": {**ACCOUNT, "text": [X] * 1000},
    "a closed name that is a list": {**ACCOUNT, "closed": []},
}


@pytest.mark.parametrize("answer", LIES.values(), ids=LIES.keys())
def test_a_false_answer_is_interference(answer: Any, liar: type[Liar], channel: GuestChannel) -> None:
    liar.answer = answer
    fault = fault_of(channel)
    assert fault.verdict is Verdict.RUNTIME_ERROR
    assert INTERFERED in str(fault)


LIFE = Life("Counter", {"start": 1}, "step", [(1,), (2,)], ("count",))
LIVED = {"start": {"count": 1}, "moments": [(2, {"count": 2}), (4, {"count": 4})]}
FALSE_LIVES = {
    "nothing": {},
    "no start": {"moments": []},
    "moments in a tuple": {**LIVED, "moments": ()},
    "a moment of one": {**LIVED, "moments": [(2,)]},
    "a moment in a list": {**LIVED, "moments": [[2, {"count": 2}]]},
    "other attributes": {**LIVED, "moments": [(2, {"points": 2})]},
    "more attributes": {**LIVED, "start": {"count": 1, "points": 100}},
    "attributes that are a text": {**LIVED, "start": "count"},
}


def test_the_life_of_an_object_is_told(liar: type[Liar], channel: GuestChannel) -> None:
    liar.answer = LIVED
    assert channel.trace(LIFE) == (LIVED["start"], LIVED["moments"])


@pytest.mark.parametrize("answer", FALSE_LIVES.values(), ids=FALSE_LIVES.keys())
def test_a_false_account_of_a_life_is_interference(answer: Any, liar: type[Liar], channel: GuestChannel) -> None:
    liar.answer = answer
    with pytest.raises(SolutionFault, match=INTERFERED):
        channel.trace(LIFE)


@pytest.mark.parametrize("answer", [{}, {"results": 3}, {"results": (X,)}])
def test_many_results_that_are_no_list_are_interference(answer: Any, liar: type[Liar], channel: GuestChannel) -> None:
    liar.answer = answer
    with pytest.raises(SolutionFault, match=INTERFERED):
        channel.many("halve", [Step((X,), {})])


def test_a_false_answer_ends_the_guest(liar: type[Liar], channel: GuestChannel) -> None:
    liar.answer = {}
    fault_of(channel)
    liar.answer = GOOD
    channel.call("halve", (X,), {}, observe=True)
    assert liar.started == 2


@pytest.mark.parametrize(
    ("error", "verdict", "words"),
    [
        (TimeoutError(), Verdict.TIME_LIMIT, "did not return within 2 seconds"),
        (TooMuchOutput(), Verdict.OUTPUT_LIMIT, "printed more than 256 KiB"),
        (wire.BadFrame("?"), Verdict.RUNTIME_ERROR, INTERFERED),
        (wire.TooLarge("?"), Verdict.OUTPUT_LIMIT, "halve(...) returned more than 16384 KiB of data"),
        (wire.Closed("?"), Verdict.RUNTIME_ERROR, INTERFERED),
    ],
)
def test_what_goes_wrong_on_the_wire_is_a_verdict(
    error: Exception, verdict: Verdict, words: str, liar: type[Liar], channel: GuestChannel
) -> None:
    liar.answer = error
    fault = fault_of(channel)
    assert fault.verdict is verdict
    assert words in str(fault)


@pytest.mark.parametrize(
    ("end", "verdict", "words"),
    [
        (GuestEnd(True, 0, 0.1, 0), Verdict.RUNTIME_ERROR, "ended the Python process (exit code 0)"),
        (GuestEnd(True, -11, 0.1, 0), Verdict.RUNTIME_ERROR, "crashed (signal 11, Segmentation fault)"),
        (GuestEnd(True, -31, 0.1, 0), Verdict.RUNTIME_ERROR, "crashed (signal 31, Bad system call)"),
        (GuestEnd(True, -9, 20.0, 0), Verdict.TIME_LIMIT, "more than 20 seconds of processor time"),
        (GuestEnd(True, -9, 0.5, 0), Verdict.RUNTIME_ERROR, "crashed (signal 9, Killed)"),
        (GuestEnd(True, -9, 0.5, 400 << 10), Verdict.MEMORY_LIMIT, "needed more than 512 MiB of memory"),
    ],
)
def test_the_end_of_a_guest_is_told_by_its_cause(
    end: GuestEnd, verdict: Verdict, words: str, liar: type[Liar], channel: GuestChannel
) -> None:
    liar.answer, liar.end_of_it = wire.Closed("gone"), end
    fault = fault_of(channel)
    assert fault.verdict is verdict
    assert words in str(fault)


def test_a_function_that_ended_its_guest_is_not_called_again(liar: type[Liar], channel: GuestChannel) -> None:
    liar.answer = TimeoutError()
    fault_of(channel)
    liar.answer = GOOD
    assert "halve was not called again after that." in str(fault_of(channel))
    assert channel.call("both", (X,), {}, observe=True).shared == ()
    assert liar.started == 2


def test_guests_are_not_replaced_for_ever(liar: type[Liar], channel: GuestChannel, exercise: Exercise) -> None:
    liar.load_answer = {"loaded": True, "raised": ["ValueError"], "text": "", "line": 0, "closed": None}
    for _ in range(exercise.limits.max_guests):
        assert "raised ValueError" in str(fault_of(channel))
    assert "ended its process 8 times; the rest was not run" in str(fault_of(channel))
    assert liar.started == exercise.limits.max_guests


def test_output_that_is_left_at_the_end_does_no_harm(liar: type[Liar], channel: GuestChannel) -> None:
    def end(self: Liar) -> GuestEnd:
        raise TooMuchOutput

    channel.call("halve", (X,), {}, observe=True)
    liar.end = end  # type: ignore[method-assign]
    channel.close()


def test_an_exception_is_told_with_its_line(liar: type[Liar], channel: GuestChannel) -> None:
    liar.answer = ACCOUNT
    fault = fault_of(channel)
    assert isinstance(fault, ValueError)
    assert str(fault) == "halve(...) raised ValueError: no\n    line 2: return x / 2"


@pytest.mark.parametrize(
    ("account", "verdict", "words"),
    [
        ({"raised": ["MemoryError"], "text": ""}, Verdict.MEMORY_LIMIT, "needed more than 512 MiB of memory"),
        (
            {"raised": ["RuntimeError"], "text": "DefaultCPUAllocator: can't allocate memory"},
            Verdict.MEMORY_LIMIT,
            "needed more than 512 MiB",
        ),
        ({"text": "[Errno 28] No space left on device"}, Verdict.OUTPUT_LIMIT, "wrote more than 16 MiB of files"),
        ({"text": "[Errno 27] File too large"}, Verdict.OUTPUT_LIMIT, "wrote a file of more than 16 MiB"),
        ({"text": "[Errno 24] Too many open files"}, Verdict.RUNTIME_ERROR, "had more than 64 files open"),
        ({"text": "can't start new thread"}, Verdict.RUNTIME_ERROR, "ran more than 16 threads"),
        ({"raised": ["PermissionError", "OSError"]}, Verdict.RUNTIME_ERROR, "raised PermissionError: no"),
        ({"raised": ["ClosedName"], "closed": "torch.optim"}, Verdict.FORBIDDEN, "torch.optim, which is closed"),
        ({"raised": ["NotImplementedError"], "text": "Task 1"}, Verdict.RUNTIME_ERROR, "Not written yet: Task 1"),
        (
            {"raised": ["E\x1b[31m<b>"], "text": "\u202e\n<script>"},
            Verdict.RUNTIME_ERROR,
            "E\ufffd[31m<b>: \ufffd\ufffd<",
        ),
    ],
)
def test_an_exception_gets_the_verdict_that_fits(
    account: dict[str, Any], verdict: Verdict, words: str, liar: type[Liar], channel: GuestChannel
) -> None:
    liar.answer = ACCOUNT | account
    fault = fault_of(channel)
    assert fault.verdict is verdict
    assert words in str(fault)


def test_an_argument_of_another_form_is_a_wrong_answer(liar: type[Liar], channel: GuestChannel) -> None:
    liar.answer = {**GOOD, "arguments": (X.float(),)}
    fault = fault_of(channel)
    assert fault.verdict is Verdict.WRONG_ANSWER
    assert str(fault) == (
        "halve(...) changed its argument 1 from torch.float64 of shape (2,) to torch.float32 of shape (2,)."
    )


def test_what_the_wire_does_not_carry_is_named(liar: type[Liar], channel: GuestChannel) -> None:
    liar.answer = {"unsendable": "a value of type object"}
    assert str(fault_of(channel)) == "halve(...) returned a value of type object; expected plain tensors."


def test_a_result_beyond_the_limits_is_no_wrong_answer(liar: type[Liar], channel: GuestChannel) -> None:
    liar.answer = {"too_deep": "a value nested too deeply (more than 12 levels)"}
    fault = fault_of(channel)
    assert fault.verdict is Verdict.OUTPUT_LIMIT
    assert str(fault) == "halve(...) returned a value nested too deeply (more than 12 levels)."


def test_a_missing_function_is_named(liar: type[Liar], channel: GuestChannel) -> None:
    liar.answer = {"missing": "halve"}
    assert str(fault_of(channel)) == "toy.py has no function halve."


@pytest.mark.parametrize(
    ("told", "verdict", "words"),
    [
        (
            ["'return' outside function", 2, 5],
            Verdict.COMPILE_ERROR,
            "toy.py, line 2: 'return' outside function\n    return x / 2\n    ^",
        ),
        (["odd", None, None], Verdict.COMPILE_ERROR, "toy.py: odd"),
        (["odd", math.inf, 1], Verdict.RUNTIME_ERROR, INTERFERED),
        (["odd"], Verdict.RUNTIME_ERROR, INTERFERED),
        ("odd", Verdict.RUNTIME_ERROR, INTERFERED),
        (None, Verdict.RUNTIME_ERROR, INTERFERED),
    ],
)
def test_a_file_that_does_not_compile_is_told_as_such(
    told: Any, verdict: Verdict, words: str, liar: type[Liar], channel: GuestChannel
) -> None:
    liar.load_answer = {"syntax": told}
    fault = fault_of(channel)
    assert fault.verdict is verdict
    assert words in str(fault)


@pytest.mark.parametrize(
    ("given", "after"),
    [([X], [X, X]), ([X], ["x"]), ({"k": X}, {"k": X.float()}), ((X, [X]), (X, [torch.zeros(3)])), ([[1]], [[1.0]])],
)
def test_an_argument_that_now_holds_other_things_is_refused(
    given: Any, after: Any, channel: GuestChannel, liar: type[Liar]
) -> None:
    """A hidden test that looks into it would stumble, which would be our fault."""
    liar.answer = {"result": X, "arguments": (after,), "shared": [], "drew_globally": False}
    with pytest.raises(ResultRefused, match=r"changed its argument 1, a (list|dict|tuple), to hold other things"):
        channel.call("halve", (given,), {}, observe=True)


def test_an_argument_whose_numbers_changed_is_the_checks_to_judge(channel: GuestChannel, liar: type[Liar]) -> None:
    liar.answer = {"result": X, "arguments": ([X + 1, (2, "x")],), "shared": [], "drew_globally": False}
    seen = channel.call("halve", ([X, (1, "x")],), {}, observe=True)
    assert torch.equal(seen.arguments[0][0], X + 1)


def test_what_is_to_be_done_meanwhile_is_done_once(channel: GuestChannel, liar: type[Liar]) -> None:
    done: list[int] = []
    liar.answer = {"results": [X]}
    channel.walk("halve", (X,), [Step((CARRIED,), {})], lambda: done.append(1))
    assert done == [1]


DRIVE = DriveStep("halve", [(X,)], [(CARRIED,)], {}, whole=False)
FALSE_DRIVES = {
    "nothing": {},
    "results that are a text": {"results": "no"},
    "results in a tuple": {"results": (X,)},
    "a refusal without a number": {"refused": X},
    "a refusal of a call that was not made": {"refused": X, "number": 1},
    "a refusal of a call numbered by a tensor": {"refused": X, "number": X},
}


@pytest.mark.parametrize("answer", FALSE_DRIVES.values(), ids=FALSE_DRIVES.keys())
def test_a_false_account_of_a_driven_step_is_interference(answer: Any, liar: type[Liar], channel: GuestChannel) -> None:
    liar.answer = answer
    with pytest.raises(SolutionFault, match=INTERFERED) as caught:
        channel.drive(DRIVE)
    assert caught.value.verdict is Verdict.RUNTIME_ERROR


def test_a_driven_step_does_not_go_on_in_another_guest(liar: type[Liar], channel: GuestChannel) -> None:
    liar.answer = {"results": [X]}
    assert channel.drive(DRIVE) == [X]
    channel.close()
    with pytest.raises(SolutionStopped, match="the process that held the state of halve has ended in between"):
        channel.drive(replace(DRIVE, carried=None))


def opened(exercise: Exercise, halve: Callable[..., Any]) -> Solution:
    functions = {"halve": halve, "both": halve}
    return Solution(OpenChannel(functions), exercise, functions)


def test_a_solution_refuses_a_driven_result_in_words(exercise: Exercise) -> None:
    def halve(x: Any) -> Any:
        return x / 2, x

    solution = opened(exercise, halve)
    with pytest.raises(ResultRefused, match="a tuple of 2 tensors; expected a tensor"):
        solution.halve.drive([(X,)]).step([(CARRIED,)], {})


def test_a_function_may_drive_its_arguments_in_place(exercise: Exercise) -> None:
    def halve(x: Any) -> Any:
        return x.add_(1)

    solution = opened(exercise, halve)
    drive = solution.halve.drive([(X,)])
    first, second = (drive.step([(CARRIED,)], {})[0] for _ in range(2))
    assert torch.equal(first, X + 1) and torch.equal(second, X + 2)
    assert torch.equal(X, torch.zeros_like(X))


def test_a_result_stays_as_it_was_returned(exercise: Exercise) -> None:
    kept = X.clone()

    def halve(x: Any) -> Any:
        return kept.copy_(x)

    solution = opened(exercise, halve)
    first, second = solution.halve(X + 1), solution.halve(X + 2)
    assert torch.equal(first, X + 1) and torch.equal(second, X + 2)
