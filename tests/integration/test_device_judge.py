"""The judge of a device that forks nothing: served on the CPU here, so that all but CUDA itself is tried everywhere."""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.catalog import load_catalog
from grader.comparison.process import DeviceJudgeProcess
from grader.domain.comparison import Stage
from grader.domain.errors import GraderFault
from grader.domain.exercise import Exercise
from grader.evaluate import Grader
from grader.judge.process import JudgeProcess
from grader.sandbox.host import ZygoteProcess
from grader.settings import REPOSITORY, Settings

pytestmark = pytest.mark.slow

EXERCISE = load_catalog(REPOSITORY / "exercises").exercise("momentum")
SUITE = REPOSITORY / "grader" / "suites" / "momentum"
REFERENCE = (SUITE / "reference.py").read_text(encoding="utf-8")
WRONG = (
    REFERENCE
    + """

def sgd_step(param, grad, *, lr, weight_decay=0.0):
    return param + lr * grad
"""
)


@pytest.fixture(scope="module")
def zygote() -> Iterator[ZygoteProcess]:
    process = ZygoteProcess("namespaces", [REPOSITORY / "grader"])
    yield process
    process.close()


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeviceJudgeProcess]:
    process = DeviceJudgeProcess([(EXERCISE, SUITE, "1")], tmp_path_factory.mktemp("kept"), device="cpu")
    yield process
    process.close()


def told_by(judge: DeviceJudgeProcess, zygote: ZygoteProcess, source: str, exercise: Exercise = EXERCISE) -> Any:
    """Have a submission compared; return the messages of its job."""
    content = b64encode(source.encode()).decode()
    order = {"stage": Stage.COMPARISON, "files": [{"name": "momentum.py", "content": content}], "seed": 5}
    with ExitStack() as held:
        here, there = (held.enter_context(zygote.open_session()) for _ in range(2))
        job: socket.socket = held.enter_context(judge.open_job(exercise, SUITE, "1", here, there))
        here.close()
        there.close()
        return list(JudgeProcess.converse(job, order))


def test_jobs_are_served_one_after_another_by_the_same_process(
    judge: DeviceJudgeProcess, zygote: ZygoteProcess
) -> None:
    assert judge.device == "CPU"
    for source, points in ((REFERENCE, 25), (WRONG, 18), (REFERENCE, 25)):
        *checks, done = told_by(judge, zygote, source)
        assert sum(message["check"]["points"] for message in checks) == points
        assert done["done"]["failure"] is None
    assert judge.is_alive


def test_a_file_that_cannot_be_loaded_is_a_verdict(judge: DeviceJudgeProcess, zygote: ZygoteProcess) -> None:
    (done,) = told_by(judge, zygote, "raise RuntimeError('no')")
    assert done["done"]["failure"] == "runtime_error"
    assert judge.is_alive


def test_a_suite_that_refuses_its_own_reference_is_a_fault_of_ours(tmp_path: Path) -> None:
    suite = tmp_path / "momentum"
    for path in SUITE.rglob("*"):
        if path.suffix in (".py", ".toml"):
            target = suite / path.relative_to(SUITE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    (suite / "reference.py").write_text(WRONG, encoding="utf-8")
    with pytest.raises(GraderFault, match=r"no comparison on a GPU: sgd-training-parity.*own reference"):
        DeviceJudgeProcess([(EXERCISE, suite, "2")], tmp_path, device="cpu")


def test_a_fault_of_ours_ends_the_process_and_is_told(tmp_path: Path, zygote: ZygoteProcess) -> None:
    process = DeviceJudgeProcess([], tmp_path, device="cpu")
    with ExitStack() as held:
        here, there = (held.enter_context(zygote.open_session()) for _ in range(2))
        job = held.enter_context(process.open_job(EXERCISE, tmp_path / "nowhere", "1", here, there))
        order = {"stage": Stage.COMPARISON, "files": [], "seed": 5}
        (told,) = JudgeProcess.converse(job, order)
    assert "Traceback" in told["fault"]
    process.close()


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_machine_without_a_gpu_is_told_as_such(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with Grader(settings, load_catalog(settings.exercises_dir)) as grader, pytest.raises(GraderFault, match="no GPU"):
        grader.open_gpu()
