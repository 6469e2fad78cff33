"""A child process that is started again when it dies, and that does not outlive its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from grader.sandbox import kernel

STOP_SECONDS = 60.0
"""How long a child may take to stop: longer than any job takes that does not hang. What is ended then is done again."""

_LONGEST_PAUSE = 30.0
_STABLE_SECONDS = 30.0


class Child:
    """One program of a group that runs together, in a process group of its own."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name, self._command = name, list(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._pause = 0.0
        self._restart_at: float | None = None

    def start(self) -> None:
        """Start the program. It is told to stop (SIGTERM) should this process die, even by SIGKILL."""
        self._started, self._restart_at = time.monotonic(), None
        self._process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
            self._command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal is for the parent, which stops its children in order
            preexec_fn=_stop_with_parent(),  # noqa: PLW1509 - nothing else runs in this process while it forks
        )

    def revive(self) -> str:
        """Start the program again if it has ended, after a pause that grows. Returns what happened, in words."""
        if self._process is None or (code := self._process.poll()) is None:
            return ""
        now = time.monotonic()
        if self._restart_at is None:
            self._pause = 1.0 if now - self._started > _STABLE_SECONDS else min(2 * self._pause or 1.0, _LONGEST_PAUSE)
            self._restart_at = now + self._pause
            return f"The {self.name} ended (exit code {code}); it is started again in {self._pause:g} s."
        if now >= self._restart_at:
            self.start()
        return ""

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the program alone: what it started is its own to stop, in its order."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def stop(self) -> None:
        """Wait until the program has ended, then end what may be left of its process group."""
        if self._process is None:
            return
        with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):  # impatience ends it just as well
            self._process.wait(STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _stop_with_parent() -> Callable[[], None] | None:
    """Return what a child does between fork and exec; everything that it needs is there before the fork."""
    if sys.platform != "linux":
        return None
    parent = os.getpid()

    def stop_with_parent() -> None:
        kernel.die_with_parent(signal.SIGTERM)
        if os.getppid() != parent:  # it died before it could be watched
            os._exit(1)

    return stop_with_parent
