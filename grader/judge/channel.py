"""The judge's channel to a submission: calls across the wire, guests replaced when they die, every fault in words."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Sequence
from socket import socket
from typing import Any

from grader.domain.exercise import Exercise
from grader.domain.submission import SourceFile
from grader.domain.text import one_line
from grader.domain.verdict import Verdict
from grader.judge.faults import ResultRefused, SolutionFault, SolutionStopped, raised
from grader.judge.source import line_of
from grader.judge.suite import CARRIED, Observation, Step
from grader.sandbox import wire
from grader.sandbox.host import Guest, TooMuchOutput

_OUT_OF_MEMORY = re.compile(r"can't allocate memory|Cannot allocate memory|not enough memory|std::bad_alloc")


class GuestChannel:
    """Calls the functions of one submission in guests of one session.

    A function that made its guest end (time limit, exit, crash) is not called again in this job: the time is better
    spent on the student's other tasks, which go on in a fresh guest.
    """

    def __init__(self, session: socket, exercise: Exercise, file: SourceFile) -> None:
        self._session, self._exercise, self._file = session, exercise, file
        self._limits = exercise.limits
        self._ends_at = time.monotonic() + self._limits.job_seconds
        self._guest: Guest | None = None
        self._guests = 0
        self._stopped: dict[str, SolutionStopped] = {}

    def load(self) -> None:
        """Start a guest and import the student's file in it. Raises `SolutionFault`, `GraderFault`."""
        if self._guests >= self._limits.max_guests:
            raise SolutionStopped(
                Verdict.RUNTIME_ERROR, f"the code ended its process {self._guests} times; the rest was not run"
            )
        self._guests += 1
        self._guest = Guest(self._session, self._limits)
        request = {
            "do": "load",
            "files": {self._file.name: self._file.content.decode("latin-1")},
            "main": self._file.name,
            "closed": list(self._exercise.closed),
        }
        self._ask(request, f"importing {self._file.name}", self._limits.load_seconds)

    def call(self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, observe: bool) -> Observation:
        request = {"do": "call", "function": function, "args": args, "kwargs": kwargs, "observe": observe}
        answer = self._ask_function(function, request)
        try:
            result = answer["result"]
            if not observe:
                return Observation(result, (), ())
            return Observation(result, _as_given(answer["arguments"], args), tuple(map(int, answer["shared"])))
        except (KeyError, TypeError, ValueError):
            raise self._broken() from None

    def _ask_function(self, function: str, request: dict[str, Any]) -> dict[str, Any]:
        if function in self._stopped:
            raise self._stopped[function]
        if self._guest is None:
            self.load()
        try:
            answer = self._ask(request, f"{function}(...)", self._limits.call_seconds)
        except SolutionStopped as fault:
            again = f"{fault}\n{function} was not called again after that."
            self._stopped[function] = SolutionStopped(fault.verdict, again)
            raise
        if "missing" in answer:
            raise SolutionFault(Verdict.RUNTIME_ERROR, f"{self._file.name} has no function {function}.")
        if "unsendable" in answer:
            what = one_line(str(answer["unsendable"]))
            raise ResultRefused(f"{function}(...) returned {what}; expected plain tensors.")
        return answer

    def walk(self, function: str, carried: tuple[Any, ...], steps: Sequence[Step]) -> list[Any]:
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
        results = self._ask_function(function, request).get("results")
        if not isinstance(results, list):
            raise self._broken()
        return results

    def close(self) -> None:
        """End the guest, if there is one."""
        if self._guest is not None:
            self._guest.end()
            self._guest = None

    def _ask(self, request: dict[str, Any], what: str, seconds: float) -> dict[str, Any]:
        assert self._guest is not None, "a guest is loaded before it is asked"
        left = self._ends_at - time.monotonic()
        if left <= 0:
            total = f"{self._limits.job_seconds:g} seconds"
            raise SolutionStopped(
                Verdict.TIME_LIMIT, f"the whole submission took more than {total}; {what} was not run"
            )
        try:
            answer = self._guest.request(request, min(seconds, left))
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
        except wire.BadFrame:
            self._discard()
            raise self._broken() from None
        except wire.Closed:
            raise self._ended(what) from None
        if "raised" in answer:
            raise self._exception(answer, what)
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
        if end.code < 0:
            return SolutionStopped(
                Verdict.RUNTIME_ERROR,
                f"{what}: the process crashed or used up its processor time (signal {-end.code}).",
            )
        return SolutionStopped(
            Verdict.RUNTIME_ERROR,
            f"{what}: the code ended the Python process (exit code {end.code}) instead of returning. "
            "A function returns; it does not call exit.",
        )

    def _broken(self) -> SolutionStopped:
        return SolutionStopped(
            Verdict.RUNTIME_ERROR,
            "the code interfered with how results are sent back. Return values; leave file descriptors alone.",
        )

    def _exception(self, answer: dict[str, Any], what: str) -> SolutionFault:
        try:
            lineage = [one_line(str(name), 80) for name in answer["raised"]]
            text, line, closed = one_line(str(answer["text"])), int(answer["line"]), answer["closed"]
            kind = lineage[0]
        except (KeyError, IndexError, TypeError, ValueError):
            return self._broken()
        code = line_of(self._file, line)
        place = f"\n    line {line}: {code}" if code else ""
        if closed is not None:
            name = one_line(str(closed), 80)
            return SolutionFault(Verdict.FORBIDDEN, f"{what} used {name}, which is closed in this exercise.{place}")
        if kind == "NotImplementedError" and text:
            return raised(lineage, f"Not written yet: {text}")
        if kind == "MemoryError" or _OUT_OF_MEMORY.search(text):
            allowed = f"{self._limits.memory_mb} MiB"
            return SolutionFault(Verdict.MEMORY_LIMIT, f"{what} needed more than {allowed} of memory.{place}")
        said = f"{kind}: {text}" if text else kind
        return raised(lineage, f"{what} raised {said}{place}")


def _as_given(after: Any, before: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the arguments as the guest says they are after the call, if they are still what was sent in kind."""
    same = isinstance(after, tuple) and len(after) == len(before)
    if not same or any(type(one) is not type(other) for one, other in zip(after, before, strict=True)):
        raise TypeError("not the arguments of the call")
    return tuple(after)
