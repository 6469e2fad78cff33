"""The comparison of fans: every layer of the networks counts, and any number is survived."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grader.catalog import load_exercise
from grader.comparison.experiments.fans import fans
from grader.comparison.finding import Finding, World
from grader.domain.verdict import Verdict
from grader.judge.in_the_open import OpenChannel
from grader.judge.reference import load_module
from grader.judge.suite import Solution
from grader.settings import REPOSITORY

EXPERIMENT = fans(name="fans", task="4.1", points=1, hint="look")


@pytest.fixture
def judged(tmp_path: Path) -> Callable[..., Finding]:
    exercise = load_exercise(REPOSITORY / "exercises" / "initializers")
    reference = load_module(REPOSITORY / "grader" / "suites" / "initializers" / "reference.py")

    def judge(**functions: Any) -> Finding:
        solution = Solution(OpenChannel({**reference, **functions}), exercise, reference)
        return EXPERIMENT.judge(solution, World(seed=1, folder=tmp_path))

    return judge


def test_right_counts_make_the_signal_that_pytorchs_make(judged: Callable[..., Finding]) -> None:
    found = judged()
    assert found.verdict is Verdict.ACCEPTED
    signal = next(picture for picture in found.pictures if picture.name == "fans-signal")
    assert signal.series[0].y == signal.series[1].y


def test_a_kernel_that_is_taken_for_a_square_is_told_at_the_first_that_is_none(
    judged: Callable[..., Finding],
) -> None:
    def square(shape: tuple[int, ...]) -> tuple[int, int]:
        elements = shape[2] ** (len(shape) - 2) if len(shape) > 2 else 1
        return shape[1] * elements, shape[0] * elements

    found = judged(fan_in_and_fan_out=square)
    assert found.message.startswith("The layers of a network for photographs: it leaves PyTorch's path at layer 3")


@pytest.mark.parametrize("count", [0, -3, 10**400, -(10**400)])
def test_any_whole_number_is_survived(judged: Callable[..., Finding], count: int) -> None:
    found = judged(fan_in_and_fan_out=lambda shape: (count, count) if shape == (16, 64) else (shape[1], shape[0]))
    assert found.verdict is Verdict.WRONG_ANSWER
