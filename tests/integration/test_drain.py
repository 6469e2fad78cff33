"""Worker processes that are told to stop: once, twice, and at once."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable

import pytest

from grader.domain.verdict import JobStatus

from .test_lanes import Installation, installation, wait_until

__all__ = ["installation"]

pytestmark = pytest.mark.slow


def states(installation: Installation, jobs: list[int]) -> list[tuple[JobStatus, int]]:
    return [(job.status, job.tries) for job in map(installation.job, jobs)]


def begun(installation: Installation, names: str) -> list[str]:
    return [name for name in names if installation.has_begun(f"checks-{name}")]


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_begun_and_takes_nothing_new(
    installation: Installation,
) -> None:
    jobs = [installation.submit(name) for name in "abcd"]
    with installation.worker(GRADESCENT_QUEUES="cpu") as worker:
        wait_until(lambda: len(begun(installation, "abcd")) == 2)
        worker.send_signal(signal.SIGTERM)
        wait_until(lambda: "told to stop" in installation.log.read_text())
        late = installation.submit("late")
        installation.allow(*(f"checks-{name}" for name in begun(installation, "abcd")))
        assert worker.wait(60) == 0
    assert sorted(states(installation, [*jobs, late])) == [
        *[(JobStatus.GRADED, 1)] * 2,
        *[(JobStatus.QUEUED, 0)] * 3,
    ]
    installation.allow(*(f"checks-{name}" for name in "abcd"), "checks-late")
    with installation.worker(GRADESCENT_QUEUES="cpu"):
        installation.wait_until_graded(*jobs, late)


@pytest.mark.parametrize("signals", [(signal.SIGTERM, signal.SIGTERM), (signal.SIGQUIT,)])
def test_a_worker_in_a_hurry_gives_back_what_it_has_begun(
    installation: Installation, signals: tuple[signal.Signals, ...]
) -> None:
    jobs = [installation.submit(name) for name in "ab"]
    with installation.worker(GRADESCENT_QUEUES="cpu") as worker:
        installation.wait_until_begun("checks-a", "checks-b")
        tell(worker, signals, lambda: "told to stop" in installation.log.read_text())
        assert worker.wait(60) == 0  # nobody has allowed what it does
    assert states(installation, jobs) == [(JobStatus.QUEUED, 0)] * 2
    assert "jobs given back: 2" in installation.log.read_text()
    installation.allow("checks-a", "checks-b")
    with installation.worker(GRADESCENT_QUEUES="cpu"):
        installation.wait_until_graded(*jobs)
    assert states(installation, jobs) == [(JobStatus.GRADED, 1)] * 2


def tell(worker: subprocess.Popen[bytes], signals: tuple[signal.Signals, ...], is_draining: Callable[[], bool]) -> None:
    first, *others = signals
    worker.send_signal(first)
    for number in others:
        wait_until(is_draining)
        worker.send_signal(number)
