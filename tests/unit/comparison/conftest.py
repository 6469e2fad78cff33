"""The exercise `momentum`, its reference and its bank, called in this process: real parts to try the core on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from grader.catalog import load_exercise
from grader.comparison.finding import World
from grader.domain.exercise import Exercise
from grader.judge.diagnosis import Bank
from grader.judge.in_the_open import OpenChannel
from grader.judge.reference import load_module
from grader.judge.suite import Solution
from grader.settings import REPOSITORY

SUITE = REPOSITORY / "grader" / "suites" / "momentum"
Make = Callable[..., Solution]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def momentum() -> Exercise:
    return load_exercise(REPOSITORY / "exercises" / "momentum")


@pytest.fixture(scope="session")
def bank(momentum: Exercise) -> Bank:
    return Bank.load(SUITE, momentum, load_module(SUITE / "reference.py"))


@pytest.fixture
def made_of(momentum: Exercise, bank: Bank) -> Make:
    """Return what makes a solution: the reference, with these functions in the place of its own."""

    def make(**functions: Any) -> Solution:
        return Solution(OpenChannel({**bank.reference, **functions}), momentum, bank.reference)

    return make


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(seed=7, folder=tmp_path, version="1")
