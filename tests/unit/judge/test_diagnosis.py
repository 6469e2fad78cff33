from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from grader.domain.exercise import Exercise
from grader.judge.diagnosis import SAME_BEHAVIOUR, Bank, Facts, differing
from grader.judge.misconceptions import InTraining, Mutant
from grader.judge.suite import Solution


def doubles(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([], []),
        (["raises"], ["raises"]),
        ([doubles(1.0, 2.0)], [doubles(1.0, 2.0)]),
        ([doubles(1.0)], [doubles(1.0 + SAME_BEHAVIOUR / 2)]),
        ([doubles(NAN, 1.0)], [doubles(NAN, 1.0)]),
        ([doubles(INF, -INF)], [doubles(INF, -INF)]),
        ([doubles()], [doubles()]),
        ([doubles(0.0, 0.0)], [doubles(0.0, 0.0)]),
        ([torch.zeros(2)], [doubles(0.0, 0.0)]),
    ],
)
def test_equal_behaviour_is_the_same(one: Facts, other: Facts) -> None:
    assert not differing(one, other)
    assert not differing(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["raises"], ["returns"]),
        (["raises"], [doubles(1.0)]),
        ([doubles(1.0)], [doubles(1.0 + 3 * SAME_BEHAVIOUR)]),
        ([doubles(1e-9)], [doubles(0.0)]),
        ([doubles(NAN)], [doubles(0.0)]),
        ([doubles(NAN)], [doubles(INF)]),
        ([doubles(INF)], [doubles(-INF)]),
        ([doubles(1.0)], [doubles(1.0, 1.0)]),
        ([doubles(1.0)], [doubles(1.0).reshape(1, 1)]),
        ([doubles(1.0)], []),
    ],
)
def test_different_behaviour_is_not_the_same(one: Facts, other: Facts) -> None:
    assert differing(one, other)
    assert differing(other, one)


def test_the_places_of_the_differences_are_told() -> None:
    one: Facts = ["a", doubles(1.0), "c"]
    other: Facts = ["a", doubles(2.0), "d"]
    assert differing(one, other) == {1, 2}
    assert differing(one, other[:1]) == {0, 1, 2}


def halve(x: torch.Tensor) -> torch.Tensor:
    return x / 2


@pytest.fixture
def bank_of(exercise: Exercise, tmp_path: Path) -> Callable[[Callable[[str, Solution], Facts]], Bank]:
    """Makes a bank of one mutant, which halves twice, with a probe of its own."""
    path = tmp_path / "twice.py"
    path.write_text("def halve(x):\n    return x / 4\n")
    mutant = Mutant(
        name="twice",
        path=path,
        function="halve",
        killed_by="c",
        sentence="",
        is_variant=False,
        in_training=InTraining.SHOWS,
    )
    return lambda probe: Bank(exercise, {"halve": halve, "both": halve}, (mutant,), probe)


def probe(function: str, solution: Solution) -> Facts:
    return ["same", solution.halve(doubles(1.0, 3.0))] if function == "halve" else []


def never(function: str, solution: Solution) -> Facts:
    raise AssertionError(f"{function} is probed again")


def test_facts_are_gathered_once_for_a_version_of_a_suite(
    bank_of: Callable[[Callable[[str, Solution], Facts]], Bank], tmp_path: Path
) -> None:
    for number, told in enumerate((probe, never)):
        bank = bank_of(told)
        bank.prepare(tmp_path / "kept", "1")
        facts = bank._facts["twice"]
        assert facts[0] == "same" and torch.equal(torch.as_tensor(facts[1]), doubles(0.25, 0.75)), number
        assert bank._wrong == {"twice": {1}}
    with pytest.raises(AssertionError, match="probed again"):
        bank_of(never).prepare(tmp_path / "kept", "2")


def test_facts_that_were_cut_short_are_gathered_again(
    bank_of: Callable[[Callable[[str, Solution], Facts]], Bank], tmp_path: Path
) -> None:
    bank_of(probe).prepare(tmp_path / "kept", "1")
    (path,) = (path for path in (tmp_path / "kept" / "facts").iterdir() if path.suffix != ".lock")
    path.write_bytes(path.read_bytes()[:-1])
    bank = bank_of(probe)
    bank.prepare(tmp_path / "kept", "1")
    assert bank._wrong == {"twice": {1}}
