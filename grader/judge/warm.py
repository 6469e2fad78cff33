"""The warm judge: one process per suite, with torch imported and the hidden tests collected, forked per submission.

The worker opens with the folders of the suite and the exercise; for each job it sends two descriptors: the job's own
socket and a zygote session.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest

from grader.catalog import load_exercise
from grader.domain.comparison import Stage
from grader.domain.errors import GraderFault
from grader.judge.diagnosis import Bank
from grader.judge.in_the_open import OpenChannel
from grader.judge.job import GIVES_WAY, run_comparison, run_job, setting_of
from grader.judge.plugin import SuitePlugin, in_turn, run_item
from grader.judge.reference import load_module
from grader.judge.training import load_training
from grader.sandbox.messages import receive_message, send_message

_GRACE_SECONDS = 20


def serve(line: socket.socket) -> int:
    """Be a suite's judge: collect it, then wait for jobs until the worker hangs up. Returns an exit status."""
    opening = receive_message(line)
    if opening is None:
        return 0
    try:
        return WarmJudge(line, opening[0]).run()
    except Exception:  # noqa: BLE001 - the outermost boundary of this process: the worker is told
        send_message(line, {"error": traceback.format_exc(limit=-4)})
        return 1


# Parts of pytest that a judge has no use for; the ones that act around each test cost more than the tests.
_UNUSED_PLUGINS = (
    "cacheprovider",
    "faulthandler",
    "junitxml",
    "logging",
    "pastebin",
    "terminal",
    "threadexception",
    "unraisableexception",
    "warnings",
)


class WarmJudge:
    """Holds the collected suite; a pytest plugin whose test loop waits for jobs instead of running the tests."""

    def __init__(self, master: socket.socket, opening: dict[str, Any]) -> None:
        """Raises `ManifestError`."""
        self._master, self._suite = master, Path(opening["suite"])
        self._exercise = load_exercise(Path(opening["exercise"]))
        self._kept = {"folder": opening["folder"], "version": opening["version"], "device": "cpu"}
        sys.path.append(str(self._suite))  # so that hidden tests can share a module of the suite's folder
        self._reference = load_module(self._suite / "reference.py")
        self._bank = Bank.load(self._suite, self._exercise, self._reference)
        self._training = load_training(self._suite, self._exercise)
        self._plugin = SuitePlugin(self._exercise, self._reference)
        self._fault = ""

    def run(self) -> int:
        """Run pytest until the worker hangs up; returns its exit status. Raises `GraderFault` for an unusable suite."""
        left_out = [argument for name in _UNUSED_PLUGINS for argument in ("-p", f"no:{name}")]
        where = ["-c", os.devnull, "--rootdir", str(self._suite), "--import-mode=importlib", str(self._suite)]
        arguments = ["-s", *left_out, *where]
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # the same judge, whatever else is installed
        status = int(pytest.main(arguments, plugins=[self._plugin, self]))
        if self._fault:
            raise GraderFault(self._fault)
        return status

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> bool:
        """Keep what pytest would only print: the worker has to hear why its judge does not start."""
        self._fault = "".join(traceback.format_exception_only(excinfo.value))
        return True

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A suite that cannot be collected is a fault of ours: it is told, not skipped."""
        if report.failed:
            raise RuntimeError(f"collecting {report.nodeid}: {report.longreprtext}")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's own loop."""
        self._warm_up(session)
        gc.collect()
        gc.freeze()
        send_message(self._master, {"ready": True, "pid": os.getpid()})
        while (received := receive_message(self._master, max_handles=2)) is not None:
            handles = [socket.socket(fileno=handle) for handle in received[1]]
            if os.fork() == 0:
                self._run_forked(session, *handles)
            for handle in handles:
                handle.close()
            reap_finished()
        return True

    def _warm_up(self, session: pytest.Session) -> None:
        """Run the reference through the suite once, in this process: everything that is set up late is set up now.

        A suite that refuses its own reference raises here, before it can grade anybody.
        """
        self._plugin.channel = OpenChannel(self._reference)
        for item, following in in_turn(session.items):
            run_item(item, following)
            forget_fixtures(item)
        self._plugin.channel = None
        self._bank.prepare(Path(self._kept["folder"]), self._kept["version"])
        if self._training is not None:
            self._training.prepare(self._bank.right, setting_of(self._exercise, self._kept))

    def _run_forked(self, session: pytest.Session, job: socket.socket, zygote: socket.socket) -> None:
        status = 1
        try:
            self._master.close()
            gc.disable()  # the job is over before garbage matters; a collection would copy shared memory
            message = receive_job(job)
            if message["stage"] == Stage.COMPARISON:
                _end_after(self._exercise.limits.comparison_seconds)
                os.nice(GIVES_WAY)
                assert self._training is not None, "an exercise without a comparison is not sent to one"
                run_comparison(self._training, self._bank, self._exercise, message | self._kept, job, zygote)
            else:
                _end_after(self._exercise.limits.job_seconds)
                run_job(session.items, self._plugin, self._bank, self._exercise, message, job, zygote)
            status = 0
        except BaseException:  # noqa: BLE001 - the outermost boundary of the job: told as a fault of ours
            send_message(job, {"fault": traceback.format_exc()})
        finally:
            os._exit(status)


def _end_after(seconds: float) -> None:
    """Let this process end at that time whatever happens: a stuck job ends all the same."""
    signal.alarm(math.ceil(seconds) + _GRACE_SECONDS)


def reap_finished() -> None:
    """Take leave of the jobs that have ended; the next job takes leave of those still running now."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def forget_fixtures(item: pytest.Item) -> None:
    """Make a test that has run as new: pytest keeps the values of its fixtures, and here they hold the reference."""
    assert isinstance(item, pytest.Function), "a hidden suite holds plain test functions"
    item._initrequest()  # what pytest's own rerun plugins use; there is no public way


def receive_job(job: socket.socket) -> dict[str, Any]:
    """Return the order that the worker sends over a job's line. Raises `EOFError` where it has gone away."""
    received = receive_message(job)
    if received is None:
        raise EOFError("the worker went away before it sent the job")
    return received[0]
