"""The short form of `bench/chaos.py`: workers die, the broker forgets, the database restarts, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys

import pytest

from grader.settings import REPOSITORY

pytestmark = pytest.mark.slow


@pytest.mark.timeout(600)
@pytest.mark.parametrize("on", ["embedded", "redis"])
def test_every_submission_is_graded_once_whatever_dies(on: str) -> None:
    command = [sys.executable, "bench/chaos.py", "--on", on, "--submissions", "40", "--every", "3"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=590, check=False)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    assert "Every submission was graded exactly once and got what it deserves." in done.stdout
    assert "the broker restarts empty" in done.stdout and "the database restarts" in done.stdout, told
