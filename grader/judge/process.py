"""The worker's hold on a warm judge process."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.domain.errors import GraderFault
from grader.domain.exercise import Exercise
from grader.sandbox.host import opened, start_python
from grader.sandbox.messages import receive_message, send_message


class JudgeProcess:
    """A warm judge for one version of one suite. Thread-safe; end it with `close`."""

    def __init__(self, exercise: Exercise, suite: Path, version: str) -> None:
        """Start it and wait until the suite is collected. Raises `GraderFault` with what is wrong with the suite."""
        self.version = version
        mine, theirs = socket.socketpair()
        self._connection, self._lock = mine, threading.Lock()
        self._process = start_python("grader.judge.warm", theirs)
        answer = opened(mine, {"exercise": str(exercise.folder), "suite": str(suite)})
        if "error" in answer:
            self.close()
            raise GraderFault(f"the suite of {exercise.slug} is not usable: {answer['error']}")

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def open_job(self, session: socket.socket) -> socket.socket:
        """Have a judge forked for one job, holding the zygote session; returns the line to it."""
        mine, theirs = socket.socketpair()
        with theirs, self._lock:
            try:
                send_message(self._connection, {"do": "job"}, [theirs.fileno(), session.fileno()])
            except OSError as error:
                mine.close()
                raise GraderFault(f"the warm judge is gone: {error}") from None
        return mine

    @staticmethod
    def converse(job: socket.socket, order: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Send a job's order and yield what the judge tells. Raises `GraderFault` if it falls silent."""
        try:
            send_message(job, order)
            while (received := receive_message(job)) is not None:
                yield received[0]
        except (OSError, EOFError) as error:
            raise GraderFault(f"the judge does not answer: {error!r}") from None

    def close(self) -> None:
        """End the warm judge; jobs that it has forked finish by themselves."""
        self._connection.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
