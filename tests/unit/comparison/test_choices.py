"""Ensembles that leave a choice to the student: better is accepted, worse as far as good choices go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
import torch

from grader.comparison.ensemble import Ensemble, Look, Sample
from grader.comparison.finding import World
from grader.comparison.references import References
from grader.domain.picture import Picture
from grader.domain.verdict import Verdict
from grader.judge.suite import Solution

STEPS = 5


def shifted_by(shift: float) -> Ensemble:
    """Return an ensemble whose student is that much above PyTorch in both statistics."""

    def sample(runs: int, draw: torch.Generator, above: float) -> Sample:
        values = torch.randn((runs, 2), generator=draw, dtype=torch.float64) + above
        return Sample(values, {"loss": values[:, :1].exp().expand(-1, STEPS)})

    def mine(_solution: Solution, _world: World, problems: Sequence[int], draw: torch.Generator) -> Sample:
        return sample(len(problems), draw, shift)

    def reference(_world: World, _problem: int, runs: int, draw: torch.Generator) -> Sample:
        return sample(runs, draw, 0.0)

    return Ensemble(
        name="toy",
        task="1.1",
        points=1,
        hint="look here",
        statistics=("log error", "log loss"),
        mine=mine,
        reference=reference,
        looks={
            "loss": Look(title="t", caption="c.", x=(1, 2, 4, 8, 16), others=lambda _world: {"third": [1.0] * STEPS})
        },
    )


def judged(ensemble: Ensemble, solution: Solution, world: World) -> Verdict:
    return ensemble.judge(solution, world).verdict


@pytest.fixture
def solution(made_of: object) -> Solution:
    return made_of()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("shift", "without", "with_margins"),
    [
        (0.0, Verdict.ACCEPTED, Verdict.ACCEPTED),
        (-4.0, Verdict.WRONG_ANSWER, Verdict.ACCEPTED),
        (1.8, Verdict.WRONG_ANSWER, Verdict.ACCEPTED),
        (4.0, Verdict.WRONG_ANSWER, Verdict.WRONG_ANSWER),
    ],
)
def test_margins_leave_room_on_one_side_and_open_the_other(
    solution: Solution, world: World, shift: float, without: Verdict, with_margins: Verdict
) -> None:
    ensemble = shifted_by(shift)
    assert judged(ensemble, solution, world) is without
    assert judged(replace(ensemble, margins=(2.0, 2.0)), solution, world) is with_margins


def test_what_is_worse_than_any_good_choice_is_told_so(solution: Solution, world: World) -> None:
    found = replace(shifted_by(4.0), margins=(2.0, 9.0)).judge(solution, world)
    assert "the log error is " in found.message
    assert "above what any good choice has" in found.message
    assert "the log loss" not in found.message
    assert found.message.endswith("look here")


def test_curves_may_have_places_of_their_own_other_lines_and_more_pictures(solution: Solution, world: World) -> None:
    def more(mine: Sample, known: References) -> list[Picture]:
        assert mine.values.shape == known.values[:, 0].shape
        return [Picture(name="more", check="toy", task="1.1", title="", caption="", x_label="", y_label="", series=())]

    loss, second = replace(shifted_by(0.0), pictures=more).judge(solution, world).pictures
    assert [line.name for line in loss.series] == ["PyTorch", "yours", "third"]
    assert all(line.x == (1, 2, 4, 8, 16) for line in loss.series)
    assert second.name == "more"


def test_a_curve_of_one_run_is_not_called_a_median(solution: Solution, world: World) -> None:
    ensemble = shifted_by(0.0)

    def once(solution: Solution, world: World, problems: Sequence[int], draw: torch.Generator) -> Sample:
        sample = ensemble.mine(solution, world, problems, draw)
        return Sample(sample.values, {"loss": sample.curves["loss"][:1]})

    (one,) = replace(ensemble, mine=once).judge(solution, world).pictures
    (many,) = ensemble.judge(solution, world).pictures
    assert "Your line is one run" in one.caption
    assert "Your line is the median of 8 seeds" in many.caption
