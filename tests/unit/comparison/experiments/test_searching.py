"""Bayesian optimisation: the judge's own model and promise, what is tried, and when a search ends."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from grader.comparison.experiments.searching import (
    NEXT,
    Questions,
    Search,
    Trials,
    at_random,
    expected_improvement,
    forrester,
    gaussian_process,
    improved,
    modelled,
    two_settings,
)

pytestmark = pytest.mark.slow

PLACES, HEIGHTS = forrester()
SEARCH = Search(places=PLACES, heights=HEIGHTS, first=3, trials=6, length_scale=0.15, noise=1e-3)


def draw() -> torch.Generator:
    return torch.Generator().manual_seed(2)


def own(questions: Questions) -> list[Tensor]:
    return [expected_improvement(*question) for question in questions]


def test_the_model_is_that_of_the_formula() -> None:
    x, y, asked = torch.rand(5, 2).double(), torch.randn(5).double(), torch.rand(4, 2).double()
    mean, std = gaussian_process(0.7, 0.05)(x, y, asked)
    noisy = torch.exp(-(torch.cdist(x, x) ** 2) / (2 * 0.49)) + 0.05 * torch.eye(5).double()
    across = torch.exp(-(torch.cdist(x, asked) ** 2) / (2 * 0.49))
    solved = torch.linalg.solve(noisy, across)
    assert torch.allclose(mean, solved.T @ y)
    assert torch.allclose(std**2, 1 - (across * solved).sum(0))


def test_the_promise_is_the_mean_of_what_may_be_gained() -> None:
    mean, std, best = torch.tensor([0.3, -0.5, 4.0]).double(), torch.tensor([0.5, 0.1, 1.0]).double(), 0.2
    values = mean + std * torch.linspace(-10, 10, 200_001, dtype=torch.float64).unsqueeze(1)
    weights = (-((values - mean) ** 2) / (2 * std**2)).exp() / (std * math.sqrt(2 * math.pi))
    wanted = ((best - values).clamp(min=0) * weights).sum(0) * (20 * std / 200_000)
    assert torch.allclose(expected_improvement(mean, std, best), wanted, rtol=1e-6)


def test_where_all_is_known_the_promise_is_the_difference_or_nothing() -> None:
    mean, std = torch.tensor([0.5, 1.0, 2.0]).double(), torch.zeros(3).double()
    assert expected_improvement(mean, std, 1.0).tolist() == [0.5, 0.0, 0.0]


def test_a_search_begins_in_the_worse_half_and_tries_no_place_twice() -> None:
    run = modelled(SEARCH, draw(), SEARCH.posterior)
    tried = [int(row) for row in run.curves["tried"]]
    assert bool((HEIGHTS[tried[:3]] > HEIGHTS.median()).all())
    assert len(set(tried)) == len(tried) == 9


def test_the_first_places_may_be_measured_twice_with_errors_of_their_own() -> None:
    trials = Trials(replace(SEARCH, repeated=2, disturbed=0.1), draw())
    assert trials.rows[3:] == trials.rows[:2]
    assert trials.x.shape == (5, 1)
    assert trials.y[0] != trials.y[3]


@pytest.mark.parametrize("promise", [math.nan, math.inf, 0.0])
def test_nonsense_leads_to_a_place_that_was_not_tried(promise: float) -> None:
    trials = Trials(SEARCH, draw())
    assert trials.most_promising(torch.full_like(HEIGHTS, promise)) not in trials.rows


def test_a_few_trials_find_what_chance_does_not() -> None:
    best = improved(replace(SEARCH, noise=1e-6, trials=9), draw(), own).curves["best"]
    by_chance = at_random(SEARCH, best[0], 9)
    assert best[-1] < float(HEIGHTS.min()) + 0.01 < by_chance[-1]
    assert by_chance == sorted(by_chance, reverse=True)
    assert len(by_chance) == 10


def test_another_run_is_followed_place_by_place() -> None:
    mine = modelled(SEARCH, draw(), lambda _x, _y, asked: (asked[:, 0], 1 + asked[:, 0]))
    twin = modelled(SEARCH, draw(), SEARCH.posterior, like=mine)
    assert twin.curves["tried"] == mine.curves["tried"]
    assert twin.curves["tried"] != modelled(SEARCH, draw(), SEARCH.posterior).curves["tried"]
    assert all(set(state) == set(right) | {NEXT} for state, right in zip(mine.states, twin.states, strict=True))


def test_a_search_ends_when_nothing_is_promised_any_more() -> None:
    search = replace(SEARCH, noise=1e-6, trials=50)
    run = improved(search, draw(), own)
    assert len(run.states) < 20
    assert all(float(state["the improvement"].max()) > 1e-3 for state in run.states)


def test_what_a_trial_has_made_of_a_promise_is_asked_as_well() -> None:
    run = improved(replace(SEARCH, noise=1e-6), draw(), own)
    best = run.curves["best"]
    for number, state in enumerate(run.states[1:], start=1):
        assert float(state["the improvement that was made"].max() - 1) == pytest.approx(best[number - 1] - best[number])


def test_the_square_has_one_minimum_inside() -> None:
    places, heights = two_settings()
    lowest = places[int(heights.argmin())]
    assert bool(((lowest > 0) & (lowest < 1)).all())
