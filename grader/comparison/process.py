"""The worker's hold on the judge of comparisons on a device. No torch: the worker has none of its own."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from pathlib import Path

from grader.domain.exercise import Exercise
from grader.sandbox.host import WarmProcess


class DeviceJudgeProcess(WarmProcess):
    """The one judge of a device, which is a GPU outside of tests; it serves one job at a time."""

    def __init__(self, suites: Sequence[tuple[Exercise, Path, str]], folder: Path, *, device: str = "cuda") -> None:
        """Start it and wait until it has held these suites (exercise, folder, version) against PyTorch on the device.

        `folder` is where data sets and computed references are kept. Raises `GraderFault` with what is wrong with the
        machine, the device or a suite.
        """
        opening = {"folder": str(folder), "device": device, "suites": [_told(*suite) for suite in suites]}
        super().__init__("grader.comparison.server", opening, refusal="no comparison on a GPU", has_gpu=True)

    @property
    def device(self) -> str:
        """The device in words, with the GPU's name."""
        return str(self.told["device"])

    def open_job(
        self, exercise: Exercise, suite: Path, version: str, here: socket.socket, there: socket.socket
    ) -> socket.socket:
        """Have a job served, with sessions for guests on the CPU and on the device; returns the line to it."""
        return self.open_line(_told(exercise, suite, version), here, there)


def _told(exercise: Exercise, suite: Path, version: str) -> dict[str, str]:
    return {"exercise": str(exercise.folder), "suite": str(suite), "version": version}
