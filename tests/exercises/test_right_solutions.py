"""Right solutions pass the hidden suite whatever their style: the suite judges results, not how they were reached."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from grader.catalog import load_catalog
from grader.judge.in_the_open import OpenChannel
from grader.judge.reference import load_module
from grader.judge.suite import MARK, Solution, generator_for
from grader.settings import REPOSITORY

SUITE = REPOSITORY / "grader" / "suites" / "adaptive"
STYLES = sorted((Path(__file__).parent / "right_solutions").glob("*.py"))


@pytest.mark.parametrize("path", [SUITE / "reference.py", *STYLES], ids=lambda path: path.stem)
def test_a_right_solution_passes_every_check(path: Path) -> None:
    solution = Solution(
        OpenChannel(load_module(path)),
        load_catalog(REPOSITORY / "exercises").exercise("adaptive"),
        load_module(SUITE / "reference.py"),
    )
    checks = hidden_checks()
    assert len(checks) > 50
    for seed in (1, 2):
        for name, test in checks.items():
            available = {"solution": solution, "draw": generator_for(seed, name)}
            test(**{wanted: available[wanted] for wanted in inspect.signature(test).parameters})


def test_there_are_three_styles() -> None:
    assert [path.stem for path in STYLES] == ["element_by_element", "in_place_on_clones", "numpy_inside"]


def hidden_checks() -> dict[str, Callable[..., None]]:
    """Return the suite's tests by the name of their check."""
    modules = [importlib.import_module(f"grader.suites.adaptive.{path.stem}") for path in SUITE.glob("test_*.py")]
    return {
        mark.args[0].name: test
        for module in modules
        for test in vars(module).values()
        for mark in getattr(test, "pytestmark", [])
        if mark.name == MARK
    }
