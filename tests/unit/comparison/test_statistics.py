"""The statistics of ensembles, held to scipy's distributions and to what a right component shows by chance."""

from __future__ import annotations

import math

import pytest
import torch
from scipy import special

from grader.comparison.statistics import (
    LIMITS,
    PER_BLOCK,
    REPLICATES,
    SEEDS,
    WORSE_LIMITS,
    strangeness,
    t_and_f,
    worseness,
)

NAMES = ("mean log loss", "mean log unseen loss", "final log unseen loss")
WITHIN = SEEDS * (REPLICATES - 1)


def normal(draw: torch.Generator, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=draw, dtype=torch.float64)


def replicates_of(draw: torch.Generator, count: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the means of problems that differ widely, and replicates around them."""
    means = 5 * normal(draw, SEEDS, 1, count)
    return means, means + normal(draw, SEEDS, REPLICATES, count)


def evenness(shares: list[float]) -> float:
    """Return the p-value of the Kolmogorov-Smirnov test that these are spread evenly over 0 to 1."""
    found = torch.as_tensor(shares, dtype=torch.float64).sort().values
    steps = torch.arange(len(found) + 1, dtype=torch.float64) / len(found)
    apart = max(float((steps[1:] - found).max()), float((found - steps[:-1]).max()))
    return float(special.kolmogorov(math.sqrt(len(found)) * apart))


@pytest.mark.parametrize("count", LIMITS)
def test_the_limits_are_the_quantiles_that_share_the_error_of_a_block(count: int) -> None:
    error = PER_BLOCK / (2 * count)
    t_limit, f_low, f_high = LIMITS[count]
    assert t_limit == pytest.approx(special.stdtrit(WITHIN, 1 - error / 2), abs=1e-4)
    assert f_low == pytest.approx(special.fdtri(SEEDS, WITHIN, error / 2), abs=1e-4)
    assert f_high == pytest.approx(special.fdtri(SEEDS, WITHIN, 1 - error / 2), abs=1e-4)


def test_t_and_f_follow_their_laws_when_nothing_is_wrong() -> None:
    draw = torch.Generator().manual_seed(1)
    found = []
    for _ in range(2000):
        means, known = replicates_of(draw, 1)
        found.append(t_and_f((means[:, 0] + normal(draw, SEEDS, 1))[:, 0], known[:, :, 0]))
    ts, fs = zip(*found, strict=True)
    # The Kolmogorov-Smirnov test on fixed draws: a p-value that no right formula would fall below on this seed.
    assert evenness(special.stdtr(WITHIN, ts)) > 1e-3
    assert evenness(special.fdtr(SEEDS, WITHIN, fs)) > 1e-3


def test_a_right_component_fails_a_block_as_seldom_as_it_says() -> None:
    draw = torch.Generator().manual_seed(2)
    failed = 0
    for _ in range(4000):
        means, known = replicates_of(draw)
        failed += bool(strangeness(means[:, 0] + normal(draw, SEEDS, 3), known, NAMES))
    # 4000 blocks at 0.2 % are 8; a binomial variable of that mean exceeds 19 with a probability below 3e-4.
    assert failed <= 19


@pytest.mark.parametrize(("shift", "side"), [(3.0, "above"), (-3.0, "below")])
def test_a_shift_is_strange_on_both_sides(shift: float, side: str) -> None:
    draw = torch.Generator().manual_seed(3)
    means, known = replicates_of(draw)
    values = means[:, 0] + normal(draw, SEEDS, 3)
    values[:, 1] += shift
    (found,) = strangeness(values, known, NAMES)
    assert found.words.startswith("the mean log unseen loss is ")
    assert f"standard errors {side} PyTorch's" in found.words


def test_values_that_vary_too_much_or_too_little_are_strange() -> None:
    draw = torch.Generator().manual_seed(4)
    _, known = replicates_of(draw)
    signs = torch.tensor([1.0, -1.0] * (SEEDS // 2), dtype=torch.float64)[:, None]
    much = strangeness(known.mean(1) + 6 * signs, known, NAMES)
    little = strangeness(known.mean(1), known, NAMES)
    assert [one.words.partition("(")[0] for one in much] == [
        f"the {name} varies more from seed to seed than PyTorch's " for name in NAMES
    ]
    assert [one.words.partition("(")[0] for one in little] == [
        f"the {name} varies less from seed to seed than PyTorch's " for name in NAMES
    ]


def test_a_nan_is_always_strange() -> None:
    _, known = replicates_of(torch.Generator().manual_seed(5))
    values = known.mean(1)
    values[0, 0] = torch.nan
    assert "not a number" in strangeness(values, known, NAMES)[0].words


def test_what_never_varies_must_be_met_exactly() -> None:
    known = torch.ones((SEEDS, REPLICATES, 1), dtype=torch.float64)
    assert not strangeness(torch.ones((SEEDS, 1), dtype=torch.float64), known, ("number of elites",))
    assert strangeness(torch.full((SEEDS, 1), 1.5, dtype=torch.float64), known, ("number of elites",))


@pytest.mark.parametrize("count", WORSE_LIMITS)
def test_the_limits_of_what_is_worse_share_the_error_of_a_block_on_one_side(count: int) -> None:
    assert WORSE_LIMITS[count] == pytest.approx(special.stdtrit(WITHIN, 1 - PER_BLOCK / count), abs=1e-4)


def test_only_what_is_worse_by_more_than_its_margin_counts_where_a_choice_is_left() -> None:
    draw = torch.Generator().manual_seed(6)
    means, known = replicates_of(draw, 2)
    names, margins = ("log error", "log loss"), (0.5, 3.0)
    values = means[:, 0] + 0.1 * normal(draw, SEEDS, 2)
    assert not worseness(values, known, names, margins)
    assert not worseness(values - 9.0, known, names, margins)
    (found,) = worseness(values + 2.5, known, names, margins)
    assert found.words.startswith("the log error is ")


def test_with_margins_a_right_component_fails_a_block_at_most_as_often_as_without() -> None:
    draw = torch.Generator().manual_seed(7)
    failed = 0
    for _ in range(4000):
        means, known = replicates_of(draw, 2)
        failed += bool(worseness(means[:, 0] + 0.3 + normal(draw, SEEDS, 2), known, ("one", "other"), (0.3, 0.3)))
    assert failed <= 19


@pytest.mark.parametrize("value", [torch.nan, torch.inf])
def test_what_is_no_finite_number_is_worse_whatever_the_margin(value: float) -> None:
    _, known = replicates_of(torch.Generator().manual_seed(8), 1)
    values = known.mean(1)
    values[3, 0] = value
    assert worseness(values, known, ("log loss",), (100.0,))


def test_wider_limits_take_what_lies_a_little_further_out() -> None:
    draw = torch.Generator().manual_seed(3)
    known = normal(draw, SEEDS, REPLICATES, 1)
    t, _ = t_and_f((known.mean(1) + 1.4)[:, 0], known[:, :, 0])
    limit = LIMITS[1][0]
    assert limit < t < 1.3 * limit
    assert strangeness(known.mean(1) + 1.4, known, ("loss",), wider=1.0)
    assert not strangeness(known.mean(1) + 1.4, known, ("loss",), wider=1.3)
    assert strangeness(known.mean(1) + 3.0, known, ("loss",), wider=1.3)
