"""The exercise `beyond_gradients` and its reference, called in this process: for tests of what it is compared by."""

from __future__ import annotations

import functools
from typing import Any

from grader.catalog import load_exercise
from grader.comparison.finding import Suspect, World
from grader.comparison.parity import Parity
from grader.domain.verdict import Verdict
from grader.judge.diagnosis import Bank
from grader.judge.in_the_open import OpenChannel
from grader.judge.reference import load_module
from grader.judge.suite import Solution
from grader.settings import REPOSITORY

SUITE = REPOSITORY / "grader" / "suites" / "beyond_gradients"
WORLD = World(seed=7)


@functools.cache
def bank() -> Bank:
    """Return the suite's known mistakes."""
    exercise = load_exercise(REPOSITORY / "exercises" / "beyond_gradients")
    return Bank.load(SUITE, exercise, load_module(SUITE / "reference.py"))


def made_of(**functions: Any) -> Solution:
    """Return a solution: the reference, with these functions in the place of its own."""
    return Solution(OpenChannel({**bank().reference, **functions}), bank().exercise, bank().reference)


def told(experiment: Parity, **functions: Any) -> tuple[str, list[str]]:
    """Return the first line of what a wrong solution is told, and the names of the mistakes that it is likened to."""

    def suspects(function: str) -> Any:
        return (Suspect(*pair) for pair in bank().suspects(function))

    found = experiment.judge(made_of(**functions), World(seed=7, suspects=suspects, with_pictures=False))
    assert found.verdict is Verdict.WRONG_ANSWER
    return found.message.partition("\n")[0], [one.name for one in found.misconceptions]
