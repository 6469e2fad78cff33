"""The pytest plugin of the fresh process that grades are compared with: one suite of any course, in the open.

pytest -p bench.one_exercise SUITE --exercise FOLDER --solution FILE --seed 0
"""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from grader.catalog import load_exercise
from grader.judge.in_the_open import OpenChannel
from grader.judge.plugin import SuitePlugin
from grader.judge.reference import load_module


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--exercise", type=Path, required=True, help="the exercise's folder")
    parser.addoption("--solution", type=Path, required=True, help="the solution file to hold the suite against")
    parser.addoption("--seed", type=int, required=True, help="the seed of the checks' random inputs")


def pytest_configure(config: pytest.Config) -> None:
    torch.set_num_threads(1)
    plugin = SuitePlugin(
        load_exercise(config.getoption("--exercise")), load_module(Path(config.args[0]) / "reference.py")
    )
    plugin.seed = config.getoption("--seed")
    plugin.channel = OpenChannel(load_module(config.getoption("--solution")))
    config.pluginmanager.register(plugin, "gradescent-suite")
