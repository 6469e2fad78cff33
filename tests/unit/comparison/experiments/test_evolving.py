"""Evolution as an ensemble: what is counted, and that a search which is merely better is refused as well."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.comparison.ensemble import Ensemble, Look
from grader.comparison.experiments.evolving import (
    MIXING,
    SEARCH,
    Race,
    ensemble,
    of_a_search,
    of_mixing,
    rastrigin,
    steep_bowl,
)
from grader.comparison.finding import World
from grader.domain.verdict import Verdict
from grader.judge.suite import Step
from tests.unit.comparison.experiments.beyond_gradients import bank, made_of

pytestmark = pytest.mark.slow

RACE = Race(loss=steep_bowl, size=24, genes=6, generations=6, num_elites=2, mutation_std=0.2)
MIXED = Race(loss=steep_bowl, size=24, genes=24, generations=4, num_elites=2, mutation_std=0.0)
Evolve = Callable[..., Tensor]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One for all tests here, so that the replicates are computed once."""
    return World(seed=3, folder=tmp_path_factory.mktemp("data"), version="1")


def experiment(race: Race, summary: Any, names: tuple[str, ...], curve: str) -> Ensemble:
    return ensemble(
        race,
        bank().reference["evolve"],
        summary,
        statistics=names,
        looks={curve: Look(title="A race", caption="What to see.", x_label="generation")},
        name=f"e-{curve}",
        task="9.3",
        points=1,
        hint="Look.",
    )


SEARCHED = experiment(RACE, of_a_search, SEARCH, "best")
RECOMBINED = experiment(MIXED, of_mixing, MIXING, "ancestors")


def bred(
    population: Tensor,
    fitness: Tensor,
    seed: int,
    num_elites: int,
    mutation_std: float,
    *,
    pick: Callable[[int, int, torch.Generator], tuple[Tensor, Tensor]],
    coin: float = 0.5,
) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    ranked = population[fitness.argsort(descending=True)]
    first, second = pick(len(ranked), len(ranked) - num_elites, draw)
    children = torch.where(
        torch.rand(len(first), population.shape[1], generator=draw) < coin, ranked[first], ranked[second]
    )
    noise = torch.randn(children.shape, generator=draw, dtype=torch.float64)
    return torch.cat([ranked[:num_elites], children + mutation_std * noise])


def tournament(size: int, count: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    first, second = torch.randint(0, size, (2, 2, count), generator=draw).amin(1)
    return first, second


def the_best_quarter(size: int, count: int, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    first, second = torch.randint(0, size // 4, (2, count), generator=draw)
    return first, second


def evolving(**settings: Any) -> Evolve:
    def evolve(population: Tensor, fitness: Tensor, *, num_elites: int, mutation_std: float, seed: int) -> Tensor:
        return bred(population, fitness, seed, num_elites, mutation_std, **settings)

    return evolve


def test_a_problem_is_the_same_for_everybody_and_another_one_is_not() -> None:
    one, other = RACE.ground(3), RACE.ground(4)
    assert all(torch.equal(part, again) for part, again in zip(one, RACE.ground(3), strict=True))
    assert not torch.equal(one[1], other[1])


def test_a_loss_that_is_no_number_counts_as_infinite() -> None:
    def breed(calls: Sequence[Step]) -> list[Tensor]:
        assert all(not call.args[1].isnan().any() for call in calls)
        return [torch.full_like(call.args[0], math.nan) for call in calls]

    _, losses = RACE.run(breed, [0, 1], torch.Generator().manual_seed(1))
    assert losses.shape == (2, 7, 24)
    assert bool(losses[:, 1:].isinf().all())


def test_the_minima_lie_at_the_centre() -> None:
    for loss in (steep_bowl, rastrigin):
        points = torch.stack([torch.zeros(4), torch.full((4,), 0.3), torch.full((4,), 1.0)]).double()
        at_centre, *others = loss(points).tolist()
        assert at_centre == 0 < min(others)
    dents = rastrigin(torch.tensor([[0.5], [1.0], [1.5]], dtype=torch.float64))
    assert dents[1] < dents[0]
    assert dents[1] < dents[2]


def test_ancestors_and_changes_of_parents_are_counted() -> None:
    parents = torch.tensor([[1.0, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]])
    children = torch.tensor([[1.0, 6, 3, 8], [1, 2, 7, 8], [9, 10, 11, 12]])
    sample = of_mixing(torch.stack([parents, children]).unsqueeze(0), torch.zeros(1, 2, 3))
    assert sample.curves["ancestors"].tolist() == [[3.0, 2.5]]
    changes, left = sample.values[0].tolist()
    assert changes == pytest.approx((3 / 3 + 1 / 3) / 2)  # the third child has one parent
    assert left == pytest.approx(math.log(2.5))


def test_children_of_strangers_are_counted_as_unmixed() -> None:
    strangers = torch.stack([torch.zeros(3, 4), torch.ones(3, 4)]).unsqueeze(0)
    assert of_mixing(strangers, torch.zeros(1, 2, 3)).values[0, 0] == 0


@pytest.mark.parametrize("searched", [SEARCHED, RECOMBINED], ids=["search", "mixing"])
def test_right_ones_that_draw_otherwise_are_accepted(searched: Ensemble, world: World) -> None:
    searched.null(made_of(), world)
    found = searched.judge(made_of(evolve=evolving(pick=tournament)), world)
    assert found.verdict is Verdict.ACCEPTED, found.message


def test_a_greedy_search_is_refused_although_it_falls_faster(world: World) -> None:
    found = SEARCHED.judge(made_of(evolve=evolving(pick=the_best_quarter)), world)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert "the mean log loss of the whole population is" in found.message
    assert "standard errors below PyTorch's" in found.message


def test_an_unfair_coin_shows_where_nothing_mutates(world: World) -> None:
    found = RECOMBINED.judge(made_of(evolve=evolving(pick=tournament, coin=0.8)), world)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert "share of neighbouring genes that come from different parents" in found.message


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0, 1e300])
@pytest.mark.parametrize("searched", [SEARCHED, RECOMBINED], ids=["search", "mixing"])
def test_populations_of_nonsense_are_refused(searched: Ensemble, value: float, world: World) -> None:
    solution = made_of(evolve=lambda population, *_, **__: torch.full_like(population, value))
    found = searched.judge(solution, world)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert all(picture.as_data() for picture in found.pictures)


def test_elites_keep_the_best_from_getting_worse(tmp_path: Path) -> None:
    sample = SEARCHED.mine(made_of(), World(seed=1, folder=tmp_path), range(3), torch.Generator().manual_seed(1))
    best = sample.curves["best"]
    assert best.shape == (3, 7)
    assert bool((best[:, 1:] <= best[:, :-1]).all())
