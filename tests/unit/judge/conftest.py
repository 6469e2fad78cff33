"""A small exercise with two functions, for the judge's parts to be tried on."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.domain.exercise import Exercise, Task
from grader.domain.form import Form
from grader.judge.suite import MARK


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(check): what a hidden test checks, see grader.judge.suite.check")


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    def task(number: str, function: str, *returns: str) -> Task:
        return Task(
            id=number, function=function, title=function, points=2.0, returns=tuple(map(Form.like_argument, returns))
        )

    return Exercise(
        slug="toy",
        title="Toy",
        summary="Two functions",
        order=1,
        folder=tmp_path,
        tasks=(task("1.1", "halve", "x"), task("1.2", "both", "x", "y")),
        bundle=(),
        closed=("torch.optim",),
    )
