"""Children of `gradescent serve`: started again when they die, gone when the parent goes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.child import Child


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def sleeper(pid_file: Path, before: str = "") -> list[str]:
    code = (
        f"import os, signal, subprocess, sys, time\n{before}\n"
        f"open({str(pid_file)!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)"
    )
    return [sys.executable, "-c", code]


def pid_in(path: Path) -> int:
    wait_until(lambda: path.exists() and path.read_text())
    return int(path.read_text())


def test_a_child_is_stopped_with_what_it_started(tmp_path: Path) -> None:
    grandchild = f"subprocess.Popen({sleeper(tmp_path / 'grandchild')!r})"
    child = Child("demo", sleeper(tmp_path / "child", before=grandchild))
    child.start()
    pids = [pid_in(tmp_path / "child"), pid_in(tmp_path / "grandchild")]
    child.ask_to_stop()
    child.stop()
    wait_until(lambda: not any(map(is_running, pids)))


def test_a_child_that_ignores_sigterm_is_ended_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.child.STOP_SECONDS", 0.3)
    child = Child("deaf", sleeper(tmp_path / "pid", before="signal.signal(signal.SIGTERM, signal.SIG_IGN)"))
    child.start()
    pid = pid_in(tmp_path / "pid")
    child.ask_to_stop()
    child.stop()
    assert not is_running(pid)


def test_a_dead_child_is_started_again_after_a_growing_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr("grader.child.time.monotonic", lambda: clock[0])
    child = Child("worker", [sys.executable, "-c", "raise SystemExit(7)"])
    child.start()
    said = []
    for _ in range(3):
        while not (words := child.revive()):
            time.sleep(0.02)
        said.append(words)
        assert child.revive() == "", "not before the pause is over"
        clock[0] += 8.0
        child.revive()
    child.stop()
    assert said == [f"The worker ended (exit code 7); it is started again in {pause} s." for pause in (1, 2, 4)]


def test_a_child_that_runs_needs_no_reviving(tmp_path: Path) -> None:
    child = Child("demo", sleeper(tmp_path / "pid"))
    child.start()
    pid_in(tmp_path / "pid")
    assert child.revive() == ""
    child.ask_to_stop()
    child.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_child_notices_that_its_parent_was_killed(tmp_path: Path) -> None:
    code = (
        "import time; from grader.child import Child\n"
        f"Child('demo', {sleeper(tmp_path / 'pid')!r}).start()\ntime.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    pid = pid_in(tmp_path / "pid")
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not is_running(pid))


def test_a_child_that_was_never_started_can_be_stopped() -> None:
    child = Child("demo", [sys.executable])
    child.ask_to_stop()
    child.stop()
    assert child.revive() == ""
