"""The worker's hold on its judges: the nursery that they are forked from, and one warm judge for each suite."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grader.domain.errors import GraderFault
from grader.domain.exercise import Exercise
from grader.sandbox.host import WarmLine, WarmProcess, opened
from grader.sandbox.messages import receive_message, send_message


class JudgeNursery(WarmProcess):
    """A process that has torch and pytest warm and no suite: every judge is a fork of it and shares its memory."""

    def __init__(self) -> None:
        """Start it. Raises `GraderFault`."""
        super().__init__("grader.judge.nursery", {}, refusal="judges cannot be started")


class JudgeProcess(WarmLine):
    """A warm judge for one version of one suite; jobs that it has forked finish by themselves when it ends."""

    def __init__(self, nursery: JudgeNursery, exercise: Exercise, suite: Path, *, folder: Path, version: str) -> None:
        """Start it and wait until the suite is collected. Raises `GraderFault` with what is wrong with the suite.

        `folder` is where data sets and what was computed for this `version` of the suite are kept.
        """
        super().__init__(nursery.open_line({"do": "judge"}))
        opening = {"exercise": str(exercise.folder), "suite": str(suite), "folder": str(folder), "version": version}
        try:
            told = opened(self._connection, opening, refusal=f"the suite of {exercise.slug} is not usable")
        except GraderFault:
            self.close()
            raise
        self.pid = int(told["pid"])

    def open_job(self, session: socket.socket) -> socket.socket:
        """Have a judge forked for one job, holding the zygote session; returns the line to it."""
        return self.open_line({"do": "job"}, session)

    @staticmethod
    def converse(job: socket.socket, order: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Send a job's order and yield what the judge tells. Raises `GraderFault` if it falls silent."""
        try:
            send_message(job, order)
            while (received := receive_message(job)) is not None:
                yield received[0]
        except (OSError, EOFError) as error:
            raise GraderFault(f"the judge does not answer: {error!r}") from None
