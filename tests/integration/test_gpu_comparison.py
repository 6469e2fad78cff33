"""The training comparison on a GPU: the same verdicts as on the CPU, the same result twice. Run wherever CUDA is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from grader.catalog import load_catalog
from grader.domain.comparison import ComparisonReport
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.evaluate import Grader
from grader.settings import REPOSITORY, Settings

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.slow,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]

SUITES = REPOSITORY / "grader" / "suites"
EXERCISES = ("momentum", "adaptive", "batchnorm", "gradient_descent")
"""Those whose functions compute where their arguments lie."""


@pytest.fixture(scope="module")
def grader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"))
    with Grader(settings, load_catalog(settings.exercises_dir)) as made:
        yield made


def compared(grader: Grader, slug: str, content: bytes, *, on_gpu: bool = True) -> ComparisonReport:
    return grader.compare(slug, [SourceFile(f"{slug}.py", content)], seed=4, on_gpu=on_gpu)


def reference(slug: str) -> bytes:
    return (SUITES / slug / "reference.py").read_bytes()


def test_the_gpu_is_opened_by_its_name(grader: Grader) -> None:
    assert torch.cuda.get_device_name() in grader.open_gpu()


@pytest.mark.parametrize("slug", EXERCISES)
def test_right_solutions_are_accepted_on_the_gpu_as_on_the_cpu(slug: str, grader: Grader) -> None:
    for path in (SUITES / slug / "reference.py", *sorted((SUITES / slug / "right").glob("*.py"))):
        on_gpu, on_cpu = (compared(grader, slug, path.read_bytes(), on_gpu=there) for there in (True, False))
        lost = [check.message for check in (*on_gpu.checks, *on_cpu.checks) if check.points < check.max_points]
        assert not lost, f"{path.name}: {lost}"
        assert on_gpu.device.startswith("GPU (")
        assert on_cpu.device == "CPU"


def test_a_wrong_step_is_refused_by_parity_and_by_its_curve(grader: Grader) -> None:
    wrong = (
        reference("momentum")
        + b"\n\ndef sgd_step(param, grad, *, lr, weight_decay=0.0):\n    return param + lr * grad\n"
    )
    report = compared(grader, "momentum", wrong)
    lost = {check.name for check in report.checks if check.verdict is Verdict.WRONG_ANSWER}
    assert lost == {"sgd-training-parity", "sgd-training-curve"}


def test_two_runs_give_the_very_same_curves(grader: Grader) -> None:
    one, other = (compared(grader, "adaptive", reference("adaptive")).pictures for _ in range(2))
    assert one == other


def test_arguments_of_the_curve_lie_on_the_gpu_and_those_of_parity_do_not(grader: Grader) -> None:
    spying = reference("momentum") + (
        b"\n\nright = sgd_step\n\ndef sgd_step(param, grad, *, lr, weight_decay=0.0):\n"
        b"    assert param.is_cuda == (param.dtype == __import__('torch').float32), f'{param.device} {param.dtype}'\n"
        b"    return right(param, grad, lr=lr, weight_decay=weight_decay)\n"
    )
    report = compared(grader, "momentum", spying)
    assert report.verdict is Verdict.ACCEPTED, [check.message for check in report.checks]


def test_a_submission_that_breaks_its_context_harms_nobody_else(grader: Grader) -> None:
    breaking = reference("momentum") + (
        b"\n\ndef sgd_step(param, grad, *, lr, weight_decay=0.0):\n"
        b"    return param[__import__('torch').full_like(param, 1 << 40).long()]\n"
    )
    assert compared(grader, "momentum", breaking).verdict is not Verdict.ACCEPTED
    assert compared(grader, "momentum", reference("momentum")).verdict is Verdict.ACCEPTED


def test_nothing_is_left_on_the_device(grader: Grader, tmp_path: Path) -> None:
    free = []
    for _ in range(4):
        compared(grader, "momentum", reference("momentum"))
        free.append(torch.cuda.mem_get_info()[0])
    # One guest waits ahead of need in every measurement; a leak of even one context would be hundreds of MiB.
    assert min(free) > free[0] - (64 << 20)
