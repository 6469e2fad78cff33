"""The trusted ends of the sandbox: the worker's hold on the zygote, and the judge's hold on its guests."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grader.domain.errors import GraderFault
from grader.domain.exercise import Limits
from grader.sandbox import wire
from grader.sandbox.messages import receive_message, send_message

THREADLESS = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
"""The environment of every process that forks with torch inside: one thread from the first line on."""
_KEPT_OUTPUT = 16 * 1024
_SPAWN_SECONDS = 20.0


class ZygoteProcess:
    """A running zygote in one tier. Thread-safe; end it with `close`."""

    def __init__(self, tier: str, hidden: list[Path]) -> None:
        """Start it and wait until it is warm. Raises `GraderFault` naming the wall that could not be built."""
        mine, theirs = socket.socketpair()
        self.tier = tier
        self._connection, self._lock = mine, threading.Lock()
        self._process = start_python("grader.sandbox.zygote", theirs)
        answer = opened(mine, {"tier": tier, "hidden": [str(path) for path in hidden]})
        if "error" in answer:
            self.close()
            raise GraderFault(f"no {tier} sandbox on this machine: {answer['error']}")

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def open_session(self) -> socket.socket:
        """Return one grading job's line to the zygote; closing it ends all guests of that job."""
        mine, theirs = socket.socketpair()
        with theirs, self._lock:
            try:
                send_message(self._connection, {"do": "session"}, [theirs.fileno()])
            except OSError as error:
                mine.close()
                raise GraderFault(f"the zygote is gone: {error}") from None
        return mine

    def close(self) -> None:
        """End the zygote; every guest ends with it."""
        self._connection.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def start_python(module: str, connection: socket.socket) -> subprocess.Popen[bytes]:
    """Start one of our own modules with a socket, one thread, and nothing of this process's environment but paths."""
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "HOME", "TMPDIR") if name in os.environ}
    with connection:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-m", module, str(connection.fileno())],
            env=keep | THREADLESS,
            stdin=subprocess.DEVNULL,
            pass_fds=[connection.fileno()],
            start_new_session=True,  # a Ctrl-C at the terminal is the worker's to handle
        )


def opened(connection: socket.socket, opening: dict[str, Any]) -> dict[str, Any]:
    """Send a process that has just started its opening message and return its first answer, or its `error`."""
    try:
        send_message(connection, opening)
        answer = receive_message(connection)
    except (OSError, EOFError):
        answer = None
    return answer[0] if answer else {"error": "its process died"}


@dataclass(frozen=True)
class GuestEnd:
    """How a guest ended. `ended_itself` is False when it had to be killed; `code` is negative for a signal."""

    ended_itself: bool
    code: int
    max_rss_kb: int
    cpu_seconds: float


class Guest:
    """One guest process, as the judge holds it. Every method takes time limits; nothing of the guest is trusted."""

    def __init__(self, session: socket.socket, limits: Limits) -> None:
        """Have a guest forked. Raises `GraderFault` if that fails."""
        self._session = session
        self._limits = wire.Limits(body_bytes=limits.result_kb * 1024)
        self._output_left = limits.output_kb * 1024
        self.output = bytearray()
        self._wire, theirs = socket.socketpair()
        self._pipe, pipe_in = os.pipe()
        os.set_blocking(self._pipe, False)
        order = {
            "do": "spawn",
            "cpu_seconds": limits.cpu_seconds,
            "data_bytes": limits.memory_mb << 20,
            "work_folder_bytes": limits.work_folder_mb << 20,
            "request_bytes": 64 << 20,
        }
        with theirs:
            answer = self._ask(order, [theirs.fileno(), pipe_in])
        os.close(pipe_in)
        self._pid = answer["guest"]
        try:
            self._receive(time.monotonic() + _SPAWN_SECONDS)
        except (wire.Closed, wire.BadFrame, TimeoutError) as error:
            self.drain()
            raise GraderFault(f"a guest did not start: {error!r} {self.output.decode(errors='replace')}") from None

    def request(self, value: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Ask the guest and return its answer, a dict. Raises `TimeoutError`, `Closed`, `BadFrame`, `TooMuchOutput`."""
        deadline = time.monotonic() + seconds
        wire.send(self._wire, wire.encode(value), deadline=deadline)
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
