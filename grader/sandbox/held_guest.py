"""The judge's hold on its guests: has them forked, speaks to them, takes what they print, learns how they ended."""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from grader.domain.errors import GraderFault
from grader.domain.exercise import Limits
from grader.sandbox import wire
from grader.sandbox.messages import receive_message, send_message

_KEPT_OUTPUT = 16 * 1024
_SPAWN_SECONDS = 20.0
_LOOK_SECONDS = 0.1
_WIRE_BUFFER = 4 << 20


@dataclass(frozen=True)
class GuestEnd:
    """How a guest ended. `ended_itself` is False when it had to be killed; `code` is negative for a signal."""

    ended_itself: bool
    code: int
    cpu_seconds: float
    grown_kb: int
    """How much more memory it had at its largest than the zygote that it was forked from, in KiB."""


class Guest:
    """One guest process, as the judge holds it. Every method takes time limits; nothing of the guest is trusted."""

    def __init__(self, session: socket.socket, limits: Limits, *, niceness: int = 0) -> None:
        """Have a guest shut in; the first request waits for that. Both raise `GraderFault` if it fails.

        With a `niceness` above 0 it gives way to other processes.
        """
        self._session = session
        self._limits = wire.Limits(
            body_bytes=limits.result_kb * 1024, depth=limits.result_depth, values=limits.result_values
        )
        self._output_left = limits.output_kb * 1024
        self.output = bytearray()
        self._wire, theirs = socket.socketpair()
        for end in (self._wire, theirs):
            # As much as the system grants: a large frame then goes over in one piece, and nobody waits in the middle.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _WIRE_BUFFER)
        self._pipe, pipe_in = os.pipe()
        os.set_blocking(self._pipe, False)
        order = {
            "do": "spawn",
            "niceness": niceness,
            "limits": {
                "cpu_seconds": limits.cpu_seconds,
                "data_bytes": limits.memory_mb << 20,
                "work_folder_bytes": limits.work_folder_mb << 20,
                "open_files": limits.open_files,
                "threads": limits.threads,
                "device_memory_bytes": limits.device_memory_mb << 20,
            },
            "requests": {"body_bytes": 64 << 20},
            "results": asdict(self._limits),
        }
        with theirs:
            answer = self._ask(order, [theirs.fileno(), pipe_in])
        os.close(pipe_in)
        self._pid = answer["guest"]
        self._is_ready = False

    def request(
        self, value: dict[str, Any], seconds: float, meanwhile: Callable[[], None] | None = None
    ) -> dict[str, Any]:
        """Ask the guest and return its answer, a dict; `meanwhile` is called while the guest is at work.

        Raises `TimeoutError`, `Closed`, `BadFrame`, `TooMuchOutput`.
        """
        if not self._is_ready:
            self._wait_until_ready()
        deadline = time.monotonic() + seconds
        wire.send(self._wire, wire.frame(value), deadline=deadline)
        if meanwhile is not None:
            meanwhile()
            deadline = max(deadline, time.monotonic() + _LOOK_SECONDS)  # an answer that is there by now is in time
        return self._receive(deadline)

    def end(self) -> GuestEnd:
        """Kill the guest with all it started, if it is still there, and tell how it ended."""
        self._wire.close()
        answer = self._ask({"do": "reap", "guest": self._pid}, [])
        self.drain()
        os.close(self._pipe)
        return GuestEnd(**answer)

    def drain(self) -> None:
        """Take what the guest has printed. Raises `TooMuchOutput` beyond the limit."""
        while True:
            try:
                data = os.read(self._pipe, 65536)
            except BlockingIOError:
                return
            if not data:
                return
            self.output += data[: max(0, _KEPT_OUTPUT - len(self.output))]
            self._output_left -= len(data)
            if self._output_left < 0:
                raise TooMuchOutput

    def _wait_until_ready(self) -> None:
        try:
            self._receive(time.monotonic() + _SPAWN_SECONDS)
        except (wire.Closed, wire.BadFrame, TimeoutError) as error:
            self.drain()
            raise GraderFault(f"a guest did not start: {error!r} {self.output.decode(errors='replace')}") from None
        self._is_ready = True

    def _receive(self, deadline: float) -> dict[str, Any]:
        poller = select.poll()
        poller.register(self._wire, select.POLLIN)
        poller.register(self._pipe, select.POLLIN)
        while True:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            ready = dict(poller.poll(left * 1000))
            if self._pipe in ready:
                self.drain()
                if not ready[self._pipe] & select.POLLIN:
                    poller.unregister(self._pipe)  # closed by the guest, and empty
            if self._wire.fileno() in ready:
                break
        answer = wire.receive(self._wire, self._limits, deadline=deadline)
        if not isinstance(answer, dict):
            raise wire.BadFrame("an answer is a dict")
        return answer

    def _ask(self, message: dict[str, Any], handles: list[int]) -> dict[str, Any]:
        try:
            send_message(self._session, message, handles)
            answer = receive_message(self._session)
        except (OSError, EOFError) as error:
            raise GraderFault(f"the zygote does not answer: {error}") from None
        if answer is None or "error" in answer[0]:
            raise GraderFault(f"the zygote refused: {answer[0]['error'] if answer else 'it is gone'}")
        return answer[0]


class TooMuchOutput(Exception):
    """The guest printed more than the exercise allows."""
