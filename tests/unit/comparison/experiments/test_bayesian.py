"""The halves of Bayesian optimisation beside the judge's own: what is accepted, what is told, and what is drawn."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.comparison.experiments.bayesian import model, promise
from grader.comparison.experiments.searching import Search, forrester, two_settings
from grader.domain.picture import Role
from grader.domain.verdict import Verdict
from grader.judge.faults import ResultRefused
from tests.unit.comparison.experiments.beyond_gradients import WORLD, bank, made_of, told

pytestmark = pytest.mark.slow

LINE, SQUARE = forrester(), two_settings()
MODEL = model(
    name="m",
    task="9.4",
    points=1,
    hint="Look.",
    searches={
        "One": Search(
            places=LINE[0], heights=LINE[1], first=3, trials=6, length_scale=0.15, noise=1e-3, disturbed=0.03
        ),
        "Two": Search(places=SQUARE[0], heights=SQUARE[1], first=4, trials=2, length_scale=0.4, noise=0.02, repeated=2),
    },
    drawn="One",
)
PROMISE = promise(
    name="p",
    task="9.5",
    points=1,
    hint="Look.",
    searches={"One": Search(places=LINE[0], heights=LINE[1], first=3, trials=8, length_scale=0.15, noise=1e-6)},
    drawn="One",
)
reference = bank().reference


def by_solving(
    x_train: Tensor, y_train: Tensor, x_query: Tensor, *, length_scale: float = 1.0, noise: float = 1e-6
) -> tuple[Tensor, Tensor]:
    def kernel(one: Tensor, other: Tensor) -> Tensor:
        return torch.exp(-0.5 * ((one[:, None] - other[None]) / length_scale).square().sum(2))

    across = kernel(x_train, x_query)
    noisy = kernel(x_train, x_train) + noise * torch.eye(len(x_train), dtype=x_train.dtype)
    solved = torch.linalg.solve(noisy, across)
    return y_train @ solved, (1 - (solved * across).sum(0)).clamp(min=0).sqrt()


def by_erf(mean: Tensor, std: Tensor, best: float) -> Tensor:
    gain = best - mean
    z = gain / torch.where(std > 0, std, 1.0)
    below = 0.5 * (1 + torch.erf(z / math.sqrt(2)))
    density = torch.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return torch.where(std > 0, gain * below + std * density, gain).clamp(min=0)


def without_clamp(mean: Tensor, std: Tensor, best: float) -> Tensor:
    gain = best - mean
    z = gain / torch.where(std > 0, std, 1.0)
    below = 0.5 * (1 + torch.erf(z / math.sqrt(2)))
    density = torch.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    return torch.where(std > 0, gain * below + std * density, gain.clamp(min=0))


def floor_on_std(mean: Tensor, std: Tensor, best: float) -> Tensor:
    found: Tensor = reference["expected_improvement"](mean, std.clamp(min=1e-9), best)
    return found


def nothing_when_certain(mean: Tensor, std: Tensor, best: float) -> Tensor:
    return torch.where(std > 0, reference["expected_improvement"](mean, std, best), 0.0)


def test_other_ways_of_computing_are_accepted() -> None:
    solution = made_of(gp_posterior=by_solving, expected_improvement=by_erf)
    for experiment in (MODEL, PROMISE):
        found = experiment.judge(solution, WORLD)
        assert (found.verdict, found.message) == (Verdict.ACCEPTED, "")
        experiment.null(made_of(), WORLD)


def test_a_negative_variance_that_rounding_made_shows_where_all_is_known() -> None:
    def unclamped(x_train: Tensor, y_train: Tensor, x_query: Tensor, **settings: float) -> tuple[Tensor, Tensor]:
        mean, _ = by_solving(x_train, y_train, x_query, **settings)
        squares = ((x_train[:, None] - torch.cat([x_train, x_query])[None]) / settings["length_scale"]).square().sum(2)
        kernel, across = torch.exp(-0.5 * squares).split([len(x_train), len(x_query)], dim=1)
        noisy = kernel + settings["noise"] * torch.eye(len(x_train), dtype=x_train.dtype)
        return mean, (1 - (torch.linalg.solve(noisy, across) * across).sum(0)).sqrt()

    message, likely = told(MODEL, gp_posterior=unclamped)
    assert message.startswith("Values that are known exactly: it leaves PyTorch's path at trial 1, in the std where")
    assert likely == ["gp_no_clamp"]


@pytest.mark.parametrize(
    ("wrong", "place", "likely"),
    [
        (without_clamp, "in how many places promise less than nothing", "ei_no_clamp"),
        (floor_on_std, "in how many places where all is known promise something", "ei_floor_on_std"),
        (nothing_when_certain, "in the improvement that was made", "ei_zero_when_certain"),
    ],
)
def test_what_hardly_changes_a_promise_is_told_where_it_shows(
    wrong: Callable[..., Tensor], place: str, likely: str
) -> None:
    message, names = told(PROMISE, expected_improvement=wrong)
    assert place in message
    assert names == [likely]


def test_one_place_asked_for_alone_keeps_its_dimension() -> None:
    def squeezes(*points: Tensor, **settings: float) -> tuple[Tensor, Tensor]:
        mean, std = by_solving(*points, **settings)
        return mean.squeeze(), std.squeeze()

    with pytest.raises(ResultRefused, match=r"shape \(\); expected \(1,\)"):
        MODEL.judge(made_of(gp_posterior=squeezes), WORLD)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0, 1e300, 0.0])
def test_nonsense_is_refused_and_can_be_drawn(value: float) -> None:
    def model_of_nothing(*points: Tensor, **_: Any) -> tuple[Tensor, Tensor]:
        return torch.full_like(points[2][:, 0], value), torch.full_like(points[2][:, 0], value)

    def promise_of_nothing(mean: Tensor, *_: Any) -> Tensor:
        return torch.full_like(mean, value)

    solution = made_of(gp_posterior=model_of_nothing, expected_improvement=promise_of_nothing)
    for experiment in (MODEL, PROMISE):
        found = experiment.judge(solution, WORLD)
        assert found.verdict is Verdict.WRONG_ANSWER
        assert all(picture.as_data() for picture in found.pictures)


def test_the_model_is_drawn_with_its_band_and_with_points_that_no_line_joins() -> None:
    first, last, best, _ = MODEL.judge(made_of(), WORLD).pictures
    assert first.band is not None
    assert first.band.low[0] is not None
    assert len(first.marks) == 1
    points = last.series[-1]
    assert (points.role, points.name) == (Role.YOURS, "tried by your model")
    assert len(points.y) <= 12, "more of them the portal would draw without their points"
    assert points.y[1::2] == (None,) * 4
    assert list(points.x) == sorted(points.x)
    assert [series.role for series in best.series] == [Role.REFERENCE, Role.YOURS, Role.OTHER]


def test_the_promise_is_drawn_with_the_place_that_is_tried_next() -> None:
    improvement, best, _ = PROMISE.judge(made_of(), WORLD).pictures
    yours = next(series for series in improvement.series if series.role is Role.YOURS)
    highest = max(range(len(yours.y)), key=lambda place: yours.y[place] or 0.0)
    assert improvement.marks[0].x == pytest.approx(yours.x[highest])
    assert best.series[0].y[0] == best.series[1].y[0] == best.series[2].y[0]
