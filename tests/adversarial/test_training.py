"""Attacks on the training comparison: the judge drives the loop, so a curve cannot be made up, only be trained.

Each is the reference of `adaptive` with another `adam_step`, in each tier that holds guests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from grader.catalog import load_catalog
from grader.domain.check import CheckResult
from grader.domain.comparison import ComparisonReport
from grader.domain.errors import GraderFault
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.evaluate import Grader
from grader.settings import REPOSITORY, Settings

pytestmark = pytest.mark.slow

REFERENCE = (REPOSITORY / "grader" / "suites" / "adaptive" / "reference.py").read_text(encoding="utf-8")
CANARY = "gradescent-hidden-" + "canary-7f3a9c"
HEAD = """
import os, sys, time, gc, threading
import torch
honest = adam_step
calls = 0

def adam_step(param, grad, exp_avg, exp_avg_sq, step, **settings):
    global calls
    calls += 1
"""
WORTH = 7.0
"""The points of the comparison for task 3.3."""


@pytest.fixture(scope="module", params=("namespaces", "landlock"))
def grader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grader]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), sandbox_tier=request.param)
    with Grader(settings, load_catalog(settings.exercises_dir)) as made:
        try:
            assert made.tier == request.param
        except GraderFault as fault:
            pytest.skip(str(fault))
        made.warm(["adaptive"])
        yield made


def compared(grader: Grader, body: str, *, only: str = "adam_step") -> ComparisonReport:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    content = f"{REFERENCE.replace(CANARY, '')}\n{HEAD}{lines}".encode()
    return grader.compare("adaptive", [SourceFile("adaptive.py", content)], seed=3, only=only)


def of_adam(report: ComparisonReport) -> list[CheckResult]:
    return [check for check in report.checks if check.task == "3.3"]


HONEST = "return honest(param, grad, exp_avg, exp_avg_sq, step, **settings)"

ATTACKS: dict[str, tuple[str, set[Verdict], str]] = {
    "returns the input": (
        "return param, exp_avg, exp_avg_sq",
        {Verdict.WRONG_ANSWER},
        "leaves PyTorch's path at step 1",
    ),
    "returns NaN": (
        "return param * float('nan'), exp_avg, exp_avg_sq",
        {Verdict.WRONG_ANSWER},
        "not finite",
    ),
    "becomes NaN in the middle": (
        f"if calls > 40:\n    return param * float('nan'), exp_avg, exp_avg_sq\n{HONEST}",
        {Verdict.WRONG_ANSWER},
        "not finite",
    ),
    "stands still after the steps that a property check looks at": (
        f"if step > 20:\n    return param, exp_avg, exp_avg_sq\n{HONEST}",
        {Verdict.WRONG_ANSWER},
        "at step 21",
    ),
    "trains better than Adam": (
        "return param - 3 * settings.get('lr', 0.001) * grad.sign(), exp_avg, exp_avg_sq",
        {Verdict.WRONG_ANSWER},
        "leaves PyTorch's path",
    ),
    "returns a curve instead of a step": (
        "return [1 / n for n in range(1, 100)]",
        {Verdict.WRONG_ANSWER},
        "expected 3 tensors",
    ),
    "returns a loss with the step": (
        "return (*honest(param, grad, exp_avg, exp_avg_sq, step, **settings), 0.0)",
        {Verdict.WRONG_ANSWER},
        "expected 3 tensors",
    ),
    "calls torch.optim by a computed name": (
        "optimizer = getattr(torch, 'op' + 'tim').Adam([param], **settings)\noptimizer.step()\n"
        "return param, exp_avg, exp_avg_sq",
        {Verdict.FORBIDDEN},
        "torch.optim",
    ),
    "calls a fused kernel": (
        "ops = getattr(torch, 'o' + 'ps')\nops.aten._fused_adam_([param], [grad], [exp_avg], [exp_avg_sq], [], "
        "[torch.tensor(float(step))], lr=0.01, beta1=0.9, beta2=0.999, weight_decay=0.0, eps=1e-8, amsgrad=False, "
        "maximize=False)\nreturn param, exp_avg, exp_avg_sq",
        {Verdict.FORBIDDEN},
        "torch.ops is closed",
    ),
    "calls a fused kernel by a name that only running tells": (
        "kernels = vars(torch)['_C'[:2]]\nkernels._fused_adam_([param])\nreturn param, exp_avg, exp_avg_sq",
        {Verdict.FORBIDDEN, Verdict.RUNTIME_ERROR},
        "",
    ),
    "sleeps": ("time.sleep(60)\n" + HONEST, {Verdict.TIME_LIMIT}, "did not return within 2 seconds"),
    "ends its process in the middle": (
        f"if calls > 9:\n    os._exit(0)\n{HONEST}",
        {Verdict.RUNTIME_ERROR},
        "ended the Python process",
    ),
    "takes all memory in the middle": (
        f"if calls > 9:\n    keep.append(bytearray(1 << 30))\n{HONEST}\nkeep = []",
        {Verdict.MEMORY_LIMIT, Verdict.RUNTIME_ERROR},
        "adam_step",
    ),
    "changes the kept state of others": (
        "for found in gc.get_objects():\n    if type(found).__name__ == '_Student':\n"
        f"        found.driven = [(state[0] * 0,) + state[1:] for state in found.driven]\n{HONEST}",
        {Verdict.WRONG_ANSWER, Verdict.RUNTIME_ERROR},
        "leaves PyTorch's path at step 1",
    ),
    "throws its own kept state away": (
        "for found in gc.get_objects():\n    if type(found).__name__ == '_Student':\n        found.driven = []\n"
        + HONEST,
        {Verdict.RUNTIME_ERROR},
        "",
    ),
    "returns tensors of another shape": (
        "return param.flatten()[:1], exp_avg, exp_avg_sq",
        {Verdict.WRONG_ANSWER},
        "expected",
    ),
    "raises what looks like ours": (
        "class GraderFault(Exception): pass\nraise GraderFault('the device is sick')",
        {Verdict.RUNTIME_ERROR},
        "raised GraderFault",
    ),
    "forges a frame that says accepted": (
        "os.write(3, b'GDS1' + b'\\x10\\0\\0\\0' + b'\\0' * 8 + b'{\"accepted\":true}')\n" + HONEST,
        {Verdict.RUNTIME_ERROR, Verdict.WRONG_ANSWER},
        "",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_on_training_gains_nothing(attack: str, grader: Grader) -> None:
    body, verdicts, words = ATTACKS[attack]
    report = compared(grader, body)
    told = "\n".join([report.message, *(check.message for check in report.checks)])
    assert report.verdict in verdicts, told
    assert sum(check.points for check in of_adam(report)) == 0 or report.failure is not None
    assert words in told
    assert CANARY not in told and str(REPOSITORY) not in told
    after = compared(grader, HONEST)
    assert (after.verdict, after.points) == (Verdict.ACCEPTED, WORTH)


def test_a_slow_component_meets_the_limit_of_the_whole_comparison(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each call is quick enough; all of them together are not."""
    folder = tmp_path_factory.mktemp("course") / "adaptive"
    folder.mkdir()
    for path in (REPOSITORY / "exercises" / "adaptive").iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    (folder / "figures").mkdir()
    (folder / "figures" / "ravine.svg").write_text("<svg/>")
    manifest = folder / "manifest.toml"
    manifest.write_text(manifest.read_text() + "\n[limits]\ncomparison_seconds = 3\n")
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), exercises_dir=folder.parent)
    with Grader(settings, load_catalog(settings.exercises_dir)) as grader:
        report = compared(grader, f"time.sleep(0.05)\n{HONEST}", only="")
    assert report.verdict is Verdict.TIME_LIMIT
    assert "the whole submission took more than 3 seconds" in "\n".join(check.message for check in report.checks)


def test_the_curve_that_is_drawn_is_the_one_that_was_trained(grader: Grader) -> None:
    """What a solution prints, keeps or patches cannot reach the picture: the judge computed every loss in it."""
    patched = (
        "torch.nn.functional.cross_entropy = lambda *_, **__: torch.zeros(())\n"
        "torch.Tensor.__float__ = lambda self: 0.0\nprint('loss 0.0')\n" + HONEST
    )
    honest, tried = (compared(grader, body, only="") for body in (HONEST, patched))
    drawn = {picture.name: picture.series for picture in honest.pictures if picture.check == "adam-training-curve"}
    made_up = {picture.name: picture.series for picture in tried.pictures if picture.check == "adam-training-curve"}
    if made_up:
        assert made_up == drawn
    else:
        assert tried.verdict is Verdict.FORBIDDEN  # torch.nn is closed: the patch itself is a use of it
    losses = next(series for series in drawn["adam-training-curve-loss"] if series.name == "yours")
    assert losses.y[0] is not None and losses.y[-1] is not None and 0 < losses.y[-1] < losses.y[0]


def test_a_report_of_training_holds_nothing_hidden(grader: Grader) -> None:
    report = compared(grader, "return param * 0.5, exp_avg, exp_avg_sq", only="")
    shown = json.dumps([picture.as_data() for picture in report.pictures] + [check.message for check in report.checks])
    assert CANARY not in shown
    assert str(REPOSITORY) not in shown
