"""What is not left to chance in evolution: right ones keep it whatever they draw, wrong ones are told."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from grader.comparison.experiments.heredity import heredity
from grader.comparison.finding import World
from grader.domain.verdict import Verdict
from tests.unit.comparison.experiments.beyond_gradients import bank, made_of, told

pytestmark = pytest.mark.slow

EXPERIMENT = heredity(name="h", task="9.3", points=1, hint="Look.", elites=(3, 0, 12), size=12)
reference: Callable[..., Tensor] = bank().reference["evolve"]


def ranked(population: Tensor, fitness: Tensor) -> Tensor:
    return population[fitness.argsort(descending=True)]


def other_random_numbers(population: Tensor, fitness: Tensor, *, seed: int, **settings: float) -> Tensor:
    return reference(population, fitness, seed=seed + 1000, **settings)


def ties_the_other_way_round(population: Tensor, fitness: Tensor, **settings: float) -> Tensor:
    return reference(population.flip(0), fitness.flip(0), **settings)


def worst_first(population: Tensor, fitness: Tensor, *, num_elites: int, **settings: float) -> Tensor:
    found = other_random_numbers(population, fitness, num_elites=num_elites, **settings)
    return torch.cat([found[:num_elites].flip(0), found[num_elites:]])


def elites_in_float32(population: Tensor, fitness: Tensor, *, num_elites: int, **settings: float) -> Tensor:
    found = other_random_numbers(population, fitness, num_elites=num_elites, **settings)
    return torch.cat([found[:num_elites].float().double(), found[num_elites:]])


def elites_mutated(population: Tensor, fitness: Tensor, *, num_elites: int, mutation_std: float, seed: int) -> Tensor:
    found = reference(population, fitness, num_elites=num_elites, mutation_std=mutation_std, seed=seed)
    draw = torch.Generator().manual_seed(seed + 5)
    noise = mutation_std * torch.randn(found.shape, generator=draw, dtype=torch.float64)
    return torch.cat([(found + noise)[:num_elites], found[num_elites:]])


def one_of_a_tie_twice(population: Tensor, fitness: Tensor, *, num_elites: int, **settings: float) -> Tensor:
    best = [int((fitness == value).nonzero()[0]) for value in fitness.sort(descending=True).values[:num_elites]]
    found = other_random_numbers(population, fitness, num_elites=num_elites, **settings)
    return torch.cat([population[best], found[num_elites:]])


def means_of_parents(population: Tensor, fitness: Tensor, *, num_elites: int, mutation_std: float, seed: int) -> Tensor:
    found = reference(population, fitness, num_elites=num_elites, mutation_std=mutation_std, seed=seed)
    middle = (found + found.flip(0)) / 2
    return torch.cat([found[:num_elites], middle[num_elites:]])


def clones(population: Tensor, fitness: Tensor, *, num_elites: int, mutation_std: float, seed: int) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    children = population[torch.randint(0, len(population), (len(population) - num_elites,), generator=draw)]
    noise = torch.randn(children.shape, generator=draw, dtype=torch.float64)
    return torch.cat([ranked(population, fitness)[:num_elites], children + mutation_std * noise])


def the_same_mutation_for_all(
    population: Tensor, fitness: Tensor, *, num_elites: int, mutation_std: float, seed: int
) -> Tensor:
    found = reference(population, fitness, num_elites=num_elites, mutation_std=0.0, seed=seed)
    draw = torch.Generator().manual_seed(seed + 5)
    found[num_elites:] += mutation_std * torch.randn(population.shape[1], generator=draw, dtype=torch.float64)
    return found


def always_one_seed(population: Tensor, fitness: Tensor, *, seed: int, **settings: float) -> Tensor:
    return reference(population, fitness, seed=3, **settings)


@pytest.mark.parametrize("evolve", [reference, other_random_numbers, ties_the_other_way_round])
@pytest.mark.parametrize("seed", range(5))
def test_right_ones_keep_every_fact_whatever_they_draw(evolve: Callable[..., Tensor], seed: int) -> None:
    found = EXPERIMENT.judge(made_of(evolve=evolve), World(seed=seed))
    assert (found.verdict, found.message) == (Verdict.ACCEPTED, "")


@pytest.mark.parametrize(
    ("evolve", "first_line", "likely"),
    [
        (worst_first, "Populations on a bowl: * generation 1, in the elites", "evolve_elites_worst_first"),
        (elites_mutated, "Populations on a bowl: * generation 1, in the elites", "evolve_elites_mutated"),
        (
            one_of_a_tie_twice,
            "Several of the same fitness: * generation 1, in the elites",
            "evolve_looks_up_by_fitness",
        ),
        (means_of_parents, "Without mutation: * generation 1, in the genes", None),
        (clones, "Without mutation: * generation 1, in the coins", "evolve_no_crossover"),
        (
            the_same_mutation_for_all,
            "Individuals that are all alike: * generation 1, in the mutations between children",
            "evolve_same_noise_for_all",
        ),
        (
            always_one_seed,
            "Once more with the same seed, and with another: * generation 1, in another seed",
            "evolve_fixed_seed",
        ),
    ],
)
def test_a_wrong_one_is_told_by_the_fact_that_it_breaks(
    evolve: Callable[..., Tensor], first_line: str, likely: str | None
) -> None:
    message, names = told(EXPERIMENT, evolve=evolve)
    assert message.startswith(first_line.replace("*", "it leaves PyTorch's path at"))
    assert names == ([likely] if likely else [])


def test_elites_survive_bit_for_bit() -> None:
    message, _ = told(EXPERIMENT, evolve=elites_in_float32)
    assert "in the elites" in message


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0])
def test_strangers_in_the_first_rows_are_no_mutated_elites(value: float) -> None:
    message, names = told(EXPERIMENT, evolve=lambda population, *_, **__: torch.full_like(population, value))
    assert "in the elites" in message
    assert names == []
