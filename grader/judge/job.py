"""One stage of a grading job inside a judge: reads the submission, runs the checks or the training comparison, and
tells each result as it is there.
"""

from __future__ import annotations

import traceback
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from socket import socket
from typing import Any

import pytest

from grader.domain.check import Check, CheckResult
from grader.domain.errors import GraderFault
from grader.domain.exercise import Exercise
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.judge.channel import GuestChannel
from grader.judge.diagnosis import Bank
from grader.judge.faults import SolutionFault
from grader.judge.plugin import SuitePlugin, check_of, in_turn, run_item
from grader.judge.source import Failure, read_source
from grader.judge.suite import Solution
from grader.judge.training import Setting, Training
from grader.sandbox.messages import send_message


def run_job(
    items: Sequence[pytest.Item],
    plugin: SuitePlugin,
    bank: Bank,
    exercise: Exercise,
    message: dict[str, Any],
    worker: socket,
    zygote: socket,
) -> None:
    """Grade one submission and send the worker `check` messages and at last `done`. Raises for faults of ours."""
    checks = [check_of(item) for item in items]
    files = _files(message)
    channel = GuestChannel(zygote, exercise, files)
    failure = _opened(channel, exercise, files)
    if failure is not None:
        for check in checks:
            _tell(worker, _result(check, Verdict.SKIPPED))
        send_message(worker, {"done": {"failure": failure.verdict, "message": failure.message, "found": []}})
        return
    plugin.channel, plugin.seed = channel, message["seed"]
    failed: set[str] = set()
    forbidden: Failure | None = None
    for (item, following), check in zip(in_turn(items), checks, strict=True):
        result = _run_check(item, following, check)
        _tell(worker, result)
        if result.verdict is Verdict.FORBIDDEN:
            forbidden = forbidden or Failure(result.verdict, result.fault)
        if result.verdict in (Verdict.WRONG_ANSWER, Verdict.RUNTIME_ERROR):
            failed.add(check.task)
    found = [] if forbidden else bank.diagnose(Solution(channel, exercise, bank.reference), failed)
    done = {
        "failure": forbidden.verdict if forbidden else None,
        "message": forbidden.message if forbidden else "",
        "found": [asdict(misconception) for misconception in found],
    }
    send_message(worker, {"done": done})


GIVES_WAY = 5
"""How nice the processes of a comparison are: the checks of others come first."""


def run_comparison(
    training: Training,
    bank: Bank,
    exercise: Exercise,
    message: dict[str, Any],
    worker: socket,
    zygote: socket,
    on_device: socket | None = None,
) -> None:
    """Compare one submission with PyTorch and send the worker `check` messages and at last `done`.

    `on_device` is a session for guests that have the message's device; without it everything happens on the CPU.
    Raises for faults of ours.
    """
    files = _files(message)
    channels = [_giving_way(zygote, exercise, files, "cpu")]
    channels += [_giving_way(on_device, exercise, files, message["device"])] if on_device is not None else []
    failure = next(filter(None, (_opened(channel, exercise, files) for channel in channels)), None)
    if failure is not None:
        done = {"failure": failure.verdict, "message": failure.message, "found": [], "pictures": []}
        send_message(worker, {"done": done})
        return
    here, *there = (Solution(channel, exercise, bank.reference) for channel in channels)
    done = training.compare(
        here,
        bank,
        setting_of(exercise, message),
        lambda result: _tell(worker, result),
        on_device=there[0] if there else None,
        only=message.get("only", ""),
    )
    send_message(worker, {"done": done})


def _giving_way(zygote: socket, exercise: Exercise, files: list[SourceFile], device: str) -> GuestChannel:
    seconds = exercise.limits.comparison_seconds
    return GuestChannel(zygote, exercise, files, device, seconds=seconds, niceness=GIVES_WAY)


def setting_of(exercise: Exercise, message: dict[str, Any]) -> Setting:
    """Return where and with what the comparison of a message runs."""
    assert exercise.comparison is not None, "only an exercise with a comparison is compared"
    return Setting(
        seed=message.get("seed", 0),
        device=message["device"],
        data=exercise.comparison.data,
        folder=Path(message["folder"]),
        version=message["version"],
    )


def _files(message: dict[str, Any]) -> list[SourceFile]:
    return [SourceFile(file["name"], b64decode(file["content"])) for file in message["files"]]


def _opened(channel: GuestChannel, exercise: Exercise, files: list[SourceFile]) -> Failure | None:
    """Read the submission and load it in a guest; return what makes it unusable."""
    channel.start()  # it shuts itself in while the files are read
    failures = (read_source(file, exercise) for file in files)
    return next(filter(None, failures), None) or _load(channel)


def _load(channel: GuestChannel) -> Failure | None:
    try:
        channel.load()
    except SolutionFault as fault:
        return Failure(fault.verdict, str(fault))
    return None


def _tell(worker: socket, result: CheckResult) -> None:
    send_message(worker, {"check": asdict(result)})


def _result(check: Check, verdict: Verdict, *, message: str = "", fault: str = "") -> CheckResult:
    return CheckResult(
        name=check.name,
        task=check.task,
        verdict=verdict,
        points=check.points if verdict is Verdict.ACCEPTED else 0.0,
        max_points=check.points,
        visibility=check.visibility,
        message=message,
        hint=check.hint,
        fault=fault,
    )


def _run_check(item: pytest.Item, following: pytest.Item | None, check: Check) -> CheckResult:
    """Run one collected test and judge how it ended."""
    if getattr(item, "funcargs", None):
        raise GraderFault(f"check {check.name} still holds the fixtures of an earlier run")
    try:
        run_item(item, following)
    except SolutionFault as fault:
        said = str(fault)
        return _result(check, fault.verdict, message=f"{said}\n{check.hint}", fault=said)
    except (AssertionError, pytest.fail.Exception) as failure:
        return _result(check, Verdict.WRONG_ANSWER, message=f"{failure}\n{check.hint}")
    except Exception as error:
        raise GraderFault(f"check {check.name} itself failed:\n{traceback.format_exc()}") from error
    return _result(check, Verdict.ACCEPTED)
