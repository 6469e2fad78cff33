"""The judge of comparisons on a GPU: one process for the device, started afresh, since CUDA does not outlive a fork.

Run as `python -m grader.comparison.server FD`, with a Unix socket to the worker as FD. Jobs come one after another,
each with its own line and two sessions: of a zygote whose guests have the GPU, and of one whose guests compute in
float64 on the CPU. Whatever goes wrong with the device ends this process; the worker starts another one.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

import torch

from grader.catalog import load_exercise
from grader.domain.errors import GraderFault, ManifestError
from grader.judge.diagnosis import Bank
from grader.judge.job import run_comparison, setting_of
from grader.judge.reference import load_module
from grader.judge.training import load_training
from grader.judge.warm import receive_job
from grader.sandbox.messages import receive_message, send_message
from grader.sandbox.warmth import warm_gpu, warm_torch

_GRACE_SECONDS = 20


def main() -> None:
    """Make the device ready, hold each suite's reference against PyTorch, then serve until the worker hangs up."""
    master = socket.socket(fileno=int(sys.argv[1]))
    received = receive_message(master)
    if received is None:
        return
    try:
        judge = prepared(received[0])
    except (GraderFault, ManifestError, RuntimeError) as fault:  # torch tells a sick device by a RuntimeError
        send_message(master, {"error": str(fault)})
        return
    send_message(master, {"ready": True, "device": in_words(judge.device)})
    while (received := receive_message(master, max_handles=3)) is not None:
        order, handles = received
        job, *sessions = (socket.socket(fileno=handle) for handle in handles)
        with contextlib.ExitStack() as held:
            for line in (job, *sessions):
                held.enter_context(line)
            if not judge.serve(order, job, *sessions):
                return


def in_words(device: str) -> str:
    """Return how a report calls a device."""
    return f"GPU ({torch.cuda.get_device_name()})" if device == "cuda" else "CPU"


def prepared(opening: dict[str, Any]) -> DeviceJudge:
    """Return the judge of the worker's opening message, every suite of it prepared. Raises `GraderFault`."""
    warm_torch()
    if opening["device"] == "cuda":
        if not torch.cuda.is_available():
            raise GraderFault("this machine has no GPU that torch can use")
        warm_gpu()
    judge = DeviceJudge(Path(opening["folder"]), opening["device"])
    for suite in opening["suites"]:
        judge.suite(suite)
    return judge


class DeviceJudge:
    """The comparisons that have been prepared on a device, by the version of their suite."""

    def __init__(self, folder: Path, device: str) -> None:
        self._folder, self.device = folder, device
        self._suites: dict[str, Suite] = {}

    def suite(self, told: dict[str, Any]) -> Suite:
        """Return a suite in the version that is told, prepared now if it is new. Raises `GraderFault`."""
        known = self._suites.get(told["exercise"])
        if known is None or known.told != told:
            known = self._suites[told["exercise"]] = Suite(told, self._folder, self.device)
        return known

    def serve(self, told: dict[str, Any], job: socket.socket, here: socket.socket, there: socket.socket) -> bool:
        """Run one job; `here` and `there` are sessions for guests on the CPU and on the device.

        Returns whether this process is fit for another one.
        """
        try:
            order = receive_job(job)
            suite = self.suite({key: told[key] for key in ("exercise", "suite", "version")})
            signal.alarm(math.ceil(suite.exercise.limits.comparison_seconds) + _GRACE_SECONDS)
            suite.compare(order, job, here, there)
        except Exception:  # noqa: BLE001 - the outermost boundary of the job: told as a fault of ours
            send_message(job, {"fault": traceback.format_exc()})
            return False
        finally:
            signal.alarm(0)
        return True


class Suite:
    """The comparison of one exercise, held against PyTorch on a device."""

    def __init__(self, told: dict[str, Any], folder: Path, device: str) -> None:
        """Raises `GraderFault`, `ManifestError`."""
        self.told = told
        self.exercise = load_exercise(Path(told["exercise"]))
        suite = Path(told["suite"])
        sys.path.append(str(suite))
        training = load_training(suite, self.exercise)
        if training is None:
            raise GraderFault(f"{self.exercise.slug} has no training comparison")
        self._training = training
        self._bank = Bank.load(suite, self.exercise, load_module(suite / "reference.py"))
        self._kept = {"folder": str(folder), "version": told["version"], "device": device}
        training.prepare(self._bank.right, setting_of(self.exercise, self._kept))

    def compare(self, order: dict[str, Any], job: socket.socket, here: socket.socket, there: socket.socket) -> None:
        """Compare one submission. Raises for faults of ours."""
        run_comparison(self._training, self._bank, self.exercise, order | self._kept, job, here, there)


if __name__ == "__main__":
    torch.set_num_threads(1)
    with contextlib.suppress(BrokenPipeError):  # the worker went away
        main()
    sys.stderr.flush()
    os._exit(0)
