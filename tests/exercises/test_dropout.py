"""The statistics that dropout's hidden checks look at masks with: they accept independent coins and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from grader.judge import expect
from grader.suites.dropout import masks

ROWS, COLUMNS, P = 256, 400, 0.2


def coins(*shape: int, p: float = P, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) >= p


def in_pairs() -> Tensor:
    """Give every two neighbours of a row one coin."""
    return coins(ROWS, COLUMNS // 2).repeat_interleave(2, dim=1)


def as_many_in_each_row() -> Tensor:
    """Drop exactly a fifth of every row."""
    return torch.stack([torch.randperm(COLUMNS, generator=GENERATOR) >= P * COLUMNS for _ in range(ROWS)])


def mirrored() -> Tensor:
    """Repeat the left half in the right half, turned around: only the columns in the middle are neighbours."""
    half = coins(ROWS, COLUMNS // 2)
    return torch.cat([half, half.flip(1)], dim=1)


def whole_channels() -> Tensor:
    return coins(8, 16, 1, 1).expand(8, 16, 20, 40)


def one_mask_per_position() -> Tensor:
    return coins(1, 1, 20, 40).expand(8, 16, 20, 40)


GENERATOR = torch.Generator().manual_seed(0)


@pytest.mark.parametrize("p", masks.RATES)
@pytest.mark.parametrize("shape", [(ROWS, COLUMNS), (8, 16, 20, 40)])
def test_independent_coins_are_accepted(shape: tuple[int, ...], p: float) -> None:
    for seed in range(3):
        masks.looks_like_coins(coins(*shape, p=p, seed=seed), p)


@pytest.mark.parametrize(
    "pattern",
    [in_pairs, as_many_in_each_row, mirrored, whole_channels, one_mask_per_position],
    ids=lambda pattern: pattern.__name__,
)
def test_a_pattern_is_refused(pattern: Callable[[], Tensor]) -> None:
    with pytest.raises(AssertionError, match="standard errors"):
        masks.looks_like_coins(pattern(), P)


def test_a_rate_that_is_off_by_a_hundredth_is_refused() -> None:
    with pytest.raises(AssertionError, match="elements kept"):
        masks.expected_rate(coins(ROWS, COLUMNS, p=0.21), P)


def test_a_mask_that_appears_under_two_seeds_is_refused() -> None:
    shifted = [coins(60, 70, seed=1), coins(60, 70, seed=2), coins(60, 70, seed=1)]
    with pytest.raises(AssertionError, match="the masks of a and c"):
        masks.all_different(shifted, "abc", P)


def test_chance_gets_a_second_attempt_but_no_third() -> None:
    attempts: list[int] = []

    def fails_until(number: int) -> Callable[[], None]:
        def attempt() -> None:
            attempts.append(number)
            assert len(attempts) > number

        return attempt

    expect.twice(fails_until(1))
    attempts.clear()
    with pytest.raises(AssertionError):
        expect.twice(fails_until(2))
