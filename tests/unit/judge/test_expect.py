from __future__ import annotations

import math
import re

import pytest
import torch

from grader.judge import expect

NAN, INF = math.nan, math.inf


def doubles(*values: float) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (doubles(1.0, 2.0), doubles(1.0, 2.0)),
        (doubles(1.0 + 1e-10), doubles(1.0)),
        (doubles(1e-10, 1.0), doubles(0.0, 1.0)),
        (doubles(NAN, INF, -INF), doubles(NAN, INF, -INF)),
        (doubles(), doubles()),
        (torch.tensor(0.5, dtype=torch.float32), torch.tensor(0.5, dtype=torch.float64)),
        (doubles(0.0), doubles(-0.0)),
    ],
)
def test_what_is_close_enough_passes(got: torch.Tensor, expected: torch.Tensor) -> None:
    expect.close(got, expected, what="it")


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (doubles(1.0 + 1e-8), doubles(1.0)),
        (doubles(NAN), doubles(1.0)),
        (doubles(1.0), doubles(NAN)),
        (doubles(INF), doubles(-INF)),
        (doubles(INF), doubles(1e308)),
        (doubles(1e300), doubles(INF)),
        (doubles(1e-300), doubles(0.0)),
        (doubles(NAN, 1.0), doubles(INF, 1.0)),
    ],
)
def test_what_is_not_close_fails(got: torch.Tensor, expected: torch.Tensor) -> None:
    with pytest.raises(AssertionError, match=r"^it\[0\]: got .*, expected .* \(allowed difference"):
        expect.close(got, expected, what="it")


def test_a_difference_is_told_with_its_place_values_and_tolerance() -> None:
    got, expected = torch.zeros(2, 3, dtype=torch.float64), torch.zeros(2, 3, dtype=torch.float64)
    got[1, 2] = 0.5
    with pytest.raises(AssertionError) as caught:
        expect.close(got, expected, what="param", atol=0.25)
    assert str(caught.value) == ("param[1, 2]: got 0.5, expected 0 (allowed difference 0.25; 1 of 6 elements differ)")


def test_another_shape_is_told() -> None:
    with pytest.raises(AssertionError, match=re.escape("it: got shape (2,), expected (1, 2)")):
        expect.close(doubles(1, 2), doubles(1, 2).reshape(1, 2), what="it")


def test_the_tolerance_is_relative_to_the_largest_finite_element() -> None:
    expect.close(doubles(1e9, 0.5, INF), doubles(1e9, 0.0, INF), what="it")


def test_identical_means_bit_for_bit_with_nan_equal_to_nan() -> None:
    expect.identical(doubles(NAN, 1.0), doubles(NAN, 1.0), what="it")
    with pytest.raises(AssertionError, match="it: it was changed"):
        expect.identical(doubles(INF), torch.full((1,), torch.finfo(torch.float64).max, dtype=torch.float64), what="it")
    for changed in (doubles(NAN, 1.0 + 2**-52), doubles(0.0, 1.0), doubles(1.0, NAN)):
        with pytest.raises(AssertionError, match="it: it was changed"):
            expect.identical(changed, doubles(NAN, 1.0), what="it")


def test_identical_tells_another_dtype_or_shape() -> None:
    with pytest.raises(AssertionError, match=r"got torch\.float32 of shape"):
        expect.identical(torch.ones(2), doubles(1, 1), what="it")
    with pytest.raises(AssertionError, match=r"expected torch\.float64 of"):
        expect.identical(doubles(1), doubles(1, 1), what="it")
