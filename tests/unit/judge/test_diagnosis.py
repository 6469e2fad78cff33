from __future__ import annotations

import math

import pytest
import torch

from grader.judge.diagnosis import SAME_BEHAVIOUR, Facts, differing


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
