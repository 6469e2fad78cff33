"""The judge's channel to a submission: calls across the wire, guests replaced when they die, every fault in words."""

from __future__ import annotations

import contextlib
import re
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from socket import socket
from typing import Any

import torch

from grader.domain.exercise import Exercise
from grader.domain.submission import SourceFile
from grader.domain.text import one_line
from grader.domain.verdict import Verdict
from grader.judge.faults import ResultRefused, SolutionFault, SolutionStopped, raised
from grader.judge.source import line_of, syntax_error_words, whole_line
from grader.judge.suite import CARRIED, DriveStep, Life, Observation, Refused, Step
from grader.sandbox import wire
from grader.sandbox.held_guest import Guest, TooMuchOutput

_OUT_OF_MEMORY = re.compile(r"MemoryError|can't allocate memory|Cannot allocate memory|not enough memory|bad_alloc")
_USED_UP = {
    "CUDA out of memory": (Verdict.MEMORY_LIMIT, "needed more than {device_memory_mb} MiB of the GPU's memory"),
    "No space left on device": (Verdict.OUTPUT_LIMIT, "wrote more than {work_folder_mb} MiB of files"),
    "File too large": (Verdict.OUTPUT_LIMIT, "wrote a file of more than {work_folder_mb} MiB"),
    "Too many open files": (Verdict.RUNTIME_ERROR, "had more than {open_files} files open at the same time"),
    "can't start new thread": (Verdict.RUNTIME_ERROR, "ran more than {threads} threads at the same time"),
}
"""What an exception says when a limit was met, the verdict, and the words for it."""


class GuestChannel:
    """Calls the functions of one submission in guests of one session.

    A function that made its guest end (time limit, exit, crash) is not called again in this job: the time is better
    spent on the student's other tasks, which go on in a fresh guest.
    """

    def __init__(
        self,
        session: socket,
        exercise: Exercise,
        files: Sequence[SourceFile],
        device: str = "cpu",
        *,
        seconds: float = 0.0,
        niceness: int = 0,
    ) -> None:
        """`files` begins with the solution itself; the others are there to be imported from.

        `device` is where the arguments of calls lie in the guest, such as `cuda`; results come back to the CPU.
        `seconds` is what all calls together may take, by default the exercise's limit for a job.
        """
        self._session, self._exercise, self._device = session, exercise, device
        self._file, self._files = files[0], files
        self._limits, self._niceness = exercise.limits, niceness
        self._seconds = seconds or self._limits.job_seconds
        self._ends_at = time.monotonic() + self._seconds
        self._guest: Guest | None = None
        self._guests = 0
        self._stopped: dict[str, SolutionStopped] = {}
        self._driving: tuple[str, Guest | None] = ("", None)
        """The function that is driven, and the guest that keeps what it returned last."""

    def start(self) -> None:
        """Have a guest made, without waiting for it. Raises `SolutionStopped`, `GraderFault`."""
        if self._guests >= self._limits.max_guests:
            raise SolutionStopped(
                Verdict.RUNTIME_ERROR, f"the code ended its process {self._guests} times; the rest was not run"
            )
        self._guests += 1
        self._guest = Guest(self._session, self._limits, niceness=self._niceness)

    def load(self) -> None:
        """Import the student's file in a guest. Raises `SolutionFault`, `GraderFault`."""
        if self._guest is None:
            self.start()
        request = {
            "do": "load",
            "files": {file.name: file.content.decode("latin-1") for file in self._files},
            "closed": list(self._exercise.closed),
            "opened": list(self._exercise.opened),
            "device": self._device,
            "closed_operators": list(self._exercise.closed_operators),
        }
        try:
            answer = self._ask(request, f"importing {self._file.name}", self._limits.load_seconds)
            if "syntax" in answer:
                raise self._syntax_error(answer["syntax"])
        except SolutionFault:
            self.close()  # a guest without the student's module is of no further use
            raise

    def call(self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, observe: bool) -> Observation:
        request = {"do": "call", "function": function, "args": args, "kwargs": kwargs, "observe": observe}
        answer = self._ask_function(function, request)
        try:
            result = answer["result"]
            if not observe:
                return Observation(result)
            shared = _places(answer["shared"], result)
            drew = bool(_typed(answer["drew_globally"], bool))
            return Observation(result, _as_given(answer["arguments"], args, f"{function}(...)"), shared, drew)
        except (KeyError, TypeError):
            self.close()
            raise self._broken() from None

    def _ask_function(
        self, function: str, request: dict[str, Any], meanwhile: Callable[[], None] | None = None
    ) -> dict[str, Any]:
        if function in self._stopped:
            raise self._stopped[function]
        if self._guest is None:
            self.load()
        try:
            answer = self._ask(request, f"{function}(...)", self._limits.call_seconds, meanwhile)
        except SolutionStopped as fault:
            again = f"{fault}\n{function} was not called again after that."
            self._stopped[function] = SolutionStopped(fault.verdict, again)
            raise
        if "missing" in answer:
            raise SolutionFault(Verdict.RUNTIME_ERROR, f"{self._file.name} has no function {function}.")
        if isinstance(what := answer.get("too_deep"), str):
            raise SolutionFault(Verdict.OUTPUT_LIMIT, f"{function}(...) returned {one_line(what)}.")
        if isinstance(what := answer.get("unsendable"), str):
            if request["do"] in ("walk", "many", "trace", "drive"):
                what = what.rpartition(", as value ")[0] or what  # which step it was is nothing that the student counts
            raise ResultRefused(f"{function}(...) returned {one_line(what)}; expected plain tensors.")
        return answer

    def walk(
        self, function: str, carried: tuple[Any, ...], steps: Sequence[Step], meanwhile: Callable[[], None]
    ) -> list[Any]:
        request = {
            "do": "walk",
            "function": function,
            "carried": carried,
            "steps": [
                {"args": [None if arg is CARRIED else arg for arg in step.args], "kwargs": step.kwargs}
                for step in steps
            ],
            "places": [place for place, arg in enumerate(steps[0].args) if arg is CARRIED],
        }
        results = self._ask_function(function, request, meanwhile).get("results")
        if not isinstance(results, list):
            self.close()
            raise self._broken()
        return results

    def many(self, function: str, calls: Sequence[Step]) -> list[Any]:
        request = {
            "do": "many",
            "function": function,
            "calls": [{"args": list(call.args), "kwargs": call.kwargs} for call in calls],
        }
        results = self._ask_function(function, request).get("results")
        if not isinstance(results, list):
            self.close()
            raise self._broken()
        return results

    def trace(self, life: Life) -> tuple[Any, list[tuple[Any, Any]]]:
        answer = self._ask_function(life.function, {"do": "trace", **asdict(life)})
        try:
            return _life_told(answer, set(life.attributes))
        except (KeyError, TypeError):
            self.close()
            raise self._broken() from None

    def drive(self, step: DriveStep) -> list[Any] | Refused:
        if step.carried is None and self._driving != (step.function, self._guest):
            raise SolutionStopped(
                Verdict.RUNTIME_ERROR, f"the process that held the state of {step.function} has ended in between"
            )
        request = {
            "do": "drive",
            "function": step.function,
            "carried": None if step.carried is None else list(step.carried),
            "places": [place for place, arg in enumerate(step.calls[0]) if arg is CARRIED],
            "calls": [[None if arg is CARRIED else arg for arg in call] for call in step.calls],
            "kwargs": step.kwargs,
            "whole": step.whole,
        }
        answer = self._ask_function(step.function, request)
        self._driving = (step.function, self._guest)
        try:
            if "refused" in answer:
                return Refused(answer["refused"], range(len(step.calls))[_typed(answer["number"], int)])
            results: list[Any] = _typed(answer["results"], list)
        except (KeyError, IndexError, TypeError):
            self.close()
            raise self._broken() from None
        return results

    def close(self) -> None:
        """End the guest, if there is one."""
        if self._guest is not None:
            self._discard()

    def _ask(
        self, request: dict[str, Any], what: str, seconds: float, meanwhile: Callable[[], None] | None = None
    ) -> dict[str, Any]:
        assert self._guest is not None, "a guest is loaded before it is asked"
        left = self._ends_at - time.monotonic()
        if left <= 0:
            total = f"{self._seconds:g} seconds"
            raise SolutionStopped(
                Verdict.TIME_LIMIT, f"the whole submission took more than {total}; {what} was not run"
            )
        try:
            answer = self._guest.request(request, min(seconds, left), meanwhile)
        except TimeoutError:
            self._discard()
            raise SolutionStopped(
                Verdict.TIME_LIMIT,
                f"{what} did not return within {min(seconds, left):.3g} seconds and was stopped. "
                "Is there a loop that never ends?",
            ) from None
        except TooMuchOutput:
            self._discard()
            allowed = f"{self._limits.output_kb} KiB"
            raise SolutionStopped(
                Verdict.OUTPUT_LIMIT, f"{what}: the code printed more than {allowed}. Take the prints out."
            ) from None
        except wire.TooLarge:
            self._discard()
            allowed = f"{self._limits.result_kb} KiB"
            raise SolutionStopped(Verdict.OUTPUT_LIMIT, f"{what} returned more than {allowed} of data.") from None
        except wire.BadFrame:
            self._discard()
            raise self._broken() from None
        except wire.Closed:
            raise self._ended(what) from None
        if "raised" in answer:
            try:
                fault = self._exception(answer, what)
            except (KeyError, IndexError, TypeError):
                self._discard()
                raise self._broken() from None
            raise fault
        return answer

    def _discard(self) -> None:
        assert self._guest is not None, "only a running guest is discarded"
        guest, self._guest = self._guest, None
        with contextlib.suppress(TooMuchOutput):  # it is ending for a reason that has been told already
            guest.end()

    def _ended(self, what: str) -> SolutionStopped:
        assert self._guest is not None, "only a running guest ends"
        guest, self._guest = self._guest, None
        try:
            end = guest.end()
        except TooMuchOutput:
            return SolutionStopped(Verdict.OUTPUT_LIMIT, f"{what}: the code printed more than is allowed.")
        if end.code == -signal.SIGKILL and end.cpu_seconds >= self._limits.cpu_seconds - 1:
            allowed = f"{self._limits.cpu_seconds} seconds"
            return SolutionStopped(Verdict.TIME_LIMIT, f"{what}: the code used more than {allowed} of processor time.")
        if end.code == -signal.SIGKILL and not end.ended_itself:  # it was still there, but hung up
            return self._broken()
        said = guest.output.decode(errors="replace")
        if end.code < 0 and (end.grown_kb > self._limits.memory_mb * 512 or _OUT_OF_MEMORY.search(said)):
            return SolutionStopped(Verdict.MEMORY_LIMIT, f"{what} {self._too_much_memory()}")
        if end.code < 0:
            name = signal.strsignal(-end.code) or "unknown"
            return SolutionStopped(
                Verdict.RUNTIME_ERROR, f"{what}: the Python process crashed (signal {-end.code}, {name})."
            )
        return SolutionStopped(
            Verdict.RUNTIME_ERROR,
            f"{what}: the code ended the Python process (exit code {end.code}) instead of returning. "
            "A function returns; it does not call exit.",
        )

    def _too_much_memory(self) -> str:
        return f"needed more than {self._limits.memory_mb} MiB of memory."

    def _broken(self) -> SolutionStopped:
        return SolutionStopped(
            Verdict.RUNTIME_ERROR,
            "the code interfered with how results are sent back. Return values; leave file descriptors alone.",
        )

    def _exception(self, answer: dict[str, Any], what: str) -> SolutionFault:
        """Return the fault that a guest's account of an exception makes. Raises if it is not such an account."""
        lineage = [one_line(_typed(name, str), 80) for name in _typed(answer["raised"], list)]
        text, line, kind = one_line(_typed(answer["text"], str)), _typed(answer["line"], int), lineage[0]
        code = line_of(self._file, line)
        place = f"\n    line {line}: {code}" if code else ""
        if answer["closed"] is not None:
            name = one_line(_typed(answer["closed"], str), 80)
            return SolutionFault(Verdict.FORBIDDEN, f"{what} used {name}, which is closed in this exercise.{place}")
        if kind == "NotImplementedError" and text:
            return raised(lineage, f"Not written yet: {text}")
        for sign, (verdict, words) in _USED_UP.items():
            if sign in text:
                return SolutionFault(verdict, f"{what} {words.format(**asdict(self._limits))}.{place}")
        if kind == "MemoryError" or _OUT_OF_MEMORY.search(text):
            return SolutionFault(Verdict.MEMORY_LIMIT, f"{what} {self._too_much_memory()}{place}")
        if kind == "PermissionError":
            return raised(
                lineage,
                f"{what} raised PermissionError: {text}{place}\n    A solution computes and returns. "
                "It cannot start programs, use the network, or touch files that are not its own.",
            )
        said = f"{kind}: {text}" if text else kind
        return raised(lineage, f"{what} raised {said}{place}")

    def _syntax_error(self, told: Any) -> SolutionFault:
        try:
            message, line, offset = told
            code = whole_line(self._file, _typed(line, int, None) or 0)
            place = (self._file.name, line, _typed(offset, int, None), code)
            error = SyntaxError(_typed(message, str), place)
        except (TypeError, ValueError):
            return self._broken()
        return SolutionFault(Verdict.COMPILE_ERROR, syntax_error_words(self._file, error))


def _typed(value: Any, kind: type, *others: None) -> Any:
    """Return a value that a guest told, if it is of just this type or one of the `others`; else raise `TypeError`."""
    if type(value) is not kind and value not in others:
        raise TypeError(f"not {kind.__name__}: {type(value).__name__}")
    return value


def _places(shared: Any, result: Any) -> tuple[int, ...]:
    """Return the positions of returned tensors that the guest told, if there are such positions."""
    count = len(result) if isinstance(result, (tuple, list)) else 1
    if any(not 0 <= _typed(place, int) < count for place in _typed(shared, list)):
        raise TypeError("not positions of the result")
    return tuple(shared)


def _life_told(answer: dict[str, Any], names: set[str]) -> tuple[Any, list[tuple[Any, Any]]]:
    """Return what a guest told about an object: attributes at first, then a result and attributes per call.

    Raises `KeyError` or `TypeError` if it is not told so.
    """
    start, moments = _typed(answer["start"], dict), _typed(answer["moments"], list)
    if any(len(_typed(moment, tuple)) != 2 for moment in moments):
        raise TypeError("not a result and attributes")
    if any(set(_typed(shown, dict)) != names for shown in (start, *(shown for _, shown in moments))):
        raise TypeError("not the attributes that were asked for")
    return start, moments


def _as_given(after: Any, before: tuple[Any, ...], called: str) -> tuple[Any, ...]:
    """Return the arguments as the guest says they are after the call.

    Raises `ResultRefused` if one is now of another form, `TypeError` if they are not those of the call at all.
    """
    if len(_typed(after, tuple)) != len(before):
        raise TypeError("not the arguments of the call")
    for place, (now, was) in enumerate(zip(after, before, strict=True), 1):
        _typed(now, type(was))
        if isinstance(was, torch.Tensor) and _form(now) != _form(was):
            raise ResultRefused(
                f"{called} changed its argument {place} from {was.dtype} of shape {tuple(was.shape)} "
                f"to {now.dtype} of shape {tuple(now.shape)}."
            )
        if _form(now) != _form(was):
            raise ResultRefused(f"{called} changed its argument {place}, a {type(was).__name__}, to hold other things.")
    return tuple(after)


def _form(value: Any) -> Any:
    """Return what stays the same about a value while only its numbers change."""
    if isinstance(value, torch.Tensor):
        return value.dtype, value.shape
    if isinstance(value, dict):
        return {key: _form(item) for key, item in value.items()}
    return (type(value), [_form(item) for item in value]) if isinstance(value, (tuple, list)) else type(value)
