"""The worker's hold on the zygote, and how it starts processes that fork. No torch: the worker has none of its own."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from grader.domain.errors import GraderFault
from grader.sandbox.messages import receive_message, send_message

TIERS_THAT_HOLD = ("namespaces", "landlock")
"""The tiers that hold a guest back, the better one first; `process` does not."""

THREADLESS = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")
"""The environment of every process that forks with torch inside: one thread from the first line on."""

_NO_GPU = {"CUDA_VISIBLE_DEVICES": ""}
"""Of every process that has no business with a GPU. Where torch sees one, the first backward pass starts threads for
it, and a process that is forked later can make none."""
_GPU = {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}
"""What deterministic results on a GPU need."""


class WarmLine:
    """A line to one of our own processes that has warmed up and forks for each job. Thread-safe."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    @property
    def is_alive(self) -> bool:
        """Whether the process still holds its end; it says nothing unasked, so any event means that it is gone."""
        if self._connection.fileno() < 0:
            return False
        poller = select.poll()
        poller.register(self._connection, select.POLLIN)
        return not poller.poll(0)

    def open_line(self, message: dict[str, Any], *passed: socket.socket) -> socket.socket:
        """Have the process serve a new line, which it gets together with the sockets `passed`; return our end of it.

        Raises `GraderFault` if the process is gone.
        """
        mine, theirs = _line()
        with theirs, self._lock:
            try:
                send_message(self._connection, message, [theirs.fileno(), *(line.fileno() for line in passed)])
            except OSError as error:
                mine.close()
                raise GraderFault(f"a warm process is gone: {error}") from None
        return mine

    def close(self) -> None:
        """End the process, by hanging up."""
        self._connection.close()


class WarmProcess(WarmLine):
    """A warm process that is a child of this one."""

    def __init__(self, module: str, opening: dict[str, Any], *, refusal: str, has_gpu: bool = False) -> None:
        """Start `module`, send it its opening message and wait until it is warm; without `has_gpu` it sees no GPU.

        Raises `GraderFault` that begins with `refusal` and says what the process said.
        """
        mine, theirs = _line()
        super().__init__(mine)
        self._process = start_python(module, theirs, has_gpu=has_gpu)
        try:
            self.told = opened(mine, opening, refusal=refusal)
        except GraderFault:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """End the process, by hanging up, and wait for that."""
        super().close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class ZygoteProcess(WarmProcess):
    """A running zygote in one tier; every guest ends with it."""

    def __init__(self, tier: str, hidden: list[Path], device: str = "cpu") -> None:
        """Start it; with `device="gpu"` its guests have a GPU. Raises `GraderFault` naming what could not be had."""
        self.tier = tier
        opening = {"tier": tier, "hidden": [str(path) for path in hidden], "device": device}
        refusal = f"no {tier} sandbox on this machine"
        super().__init__("grader.sandbox.zygote", opening, refusal=refusal, has_gpu=device == "gpu")

    @property
    def own_uids(self) -> bool:
        """Whether each guest has a uid that no other process has."""
        return bool(self.told["own_uids"])

    def open_session(self) -> socket.socket:
        """Return one grading job's line to the zygote; closing it ends all guests of that job."""
        return self.open_line({"do": "session"})


def _line() -> tuple[socket.socket, socket.socket]:
    """Return two connected sockets that wait as long as it takes.

    Others in this process may have set a timeout for all new sockets, as Celery does while a worker stops; with that
    they would not block, here nor in the process that gets one of them.
    """
    ends = socket.socketpair()
    for end in ends:
        end.setblocking(True)
    return ends


def start_python(module: str, connection: socket.socket, *, has_gpu: bool = False) -> subprocess.Popen[bytes]:
    """Start one of our own modules with a socket, one thread, and nothing of this process's environment but paths."""
    kept = ("PATH", "LANG", "HOME", "TMPDIR", *(["CUDA_VISIBLE_DEVICES", "LD_LIBRARY_PATH"] if has_gpu else []))
    keep = {name: os.environ[name] for name in kept if name in os.environ}
    with connection:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-I", "-m", module, str(connection.fileno())],
            env=keep | THREADLESS | (_GPU if has_gpu else _NO_GPU),
            stdin=subprocess.DEVNULL,
            pass_fds=[connection.fileno()],
            start_new_session=True,  # a Ctrl-C at the terminal is the worker's to handle
        )


def opened(connection: socket.socket, opening: dict[str, Any], *, refusal: str) -> dict[str, Any]:
    """Send a process that has just started its opening message and return what it says once it is warm.

    Raises `GraderFault` that begins with `refusal` and says what the process said.
    """
    try:
        send_message(connection, opening)
        answer = receive_message(connection)
    except (OSError, EOFError):
        answer = None
    told = answer[0] if answer else {"error": "its process died"}
    if "error" in told:
        raise GraderFault(f"{refusal}: {told['error']}")
    return told
