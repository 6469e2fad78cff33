"""Hidden checks of task 9.3, `evolve`. Which random numbers a solution draws, and in which order, is its own affair:
no check expects particular ones. What depends on chance is looked at in large numbers (see `chances`)."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import Solution, Step, check
from grader.suites.beyond_gradients.chances import SIGMAS, as_chance_has_it, looked_at_twice, not_above_chance
from grader.suites.beyond_gradients.drawn import normal

ISLAND = torch.tensor([[1.0, 1.5], [2.0, 2.5], [3.0, 3.5], [4.0, 4.5]], dtype=torch.float64)
FITNESS = torch.tensor([0.5, 2.0, -1.0, 3.0], dtype=torch.float64)


@check("evolve-elites", task="9.3", points=3, visibility="visible", hint="README, section 'Evolution', on elites.")
def test_elites_come_first_unchanged_and_best_first(solution: Solution) -> None:
    got = solution.evolve(ISLAND, FITNESS, num_elites=2, mutation_std=0.5, seed=1)
    called = "evolve([[1, 1.5], [2, 2.5], [3, 3.5], [4, 4.5]], [0.5, 2, -1, 3], num_elites=2, ...), the first two rows"
    assert got[:2].tolist() == [[4.0, 4.5], [2.0, 2.5]], (
        f"{called}: got {got[:2].tolist()}, expected [[4, 4.5], [2, 2.5]]"
    )


@check(
    "evolve-ties",
    task="9.3",
    points=1,
    hint="Several individuals may have the same fitness. Each is an individual of its own, and an elite only once.",
)
def test_equal_fitness_is_no_reason_to_copy_one_twice(solution: Solution, draw: torch.Generator) -> None:
    population = normal(draw, 8, 3)
    fitness = torch.tensor([2.0, 5.0, 1.0, 5.0, 2.0, 5.0, 0.0, 2.0], dtype=torch.float64)
    fitness = fitness[torch.randperm(8, generator=draw)]
    for num_elites in (2, 5, 8):
        got = solution.evolve(population, fitness, num_elites=num_elites, mutation_std=0.1, seed=_seed(draw))
        places = _places_of(got[:num_elites], population)
        assert len(set(places)) == num_elites, f"the elites are the rows {places}: got one twice, expected each once"
        held, wanted = fitness[places], fitness.sort(descending=True).values[:num_elites]
        expect.identical(held, wanted, what=f"the fitness of the {num_elites} elites")


@check(
    "evolve-elite-counts",
    task="9.3",
    points=2,
    hint="num_elites may be anything from 0 (children only) to P (the population sorted, no children), and the size of "
    "the population never changes. Mind that x[-0:] is all of x.",
)
def test_any_number_of_elites(solution: Solution, draw: torch.Generator) -> None:
    for dtype in (torch.float64, torch.float32):
        population, fitness = (value.to(dtype) for value in _generation(draw, 6, 4))
        ranked = population[fitness.argsort(descending=True)]
        for num_elites in (0, 1, 5, 6):
            got = solution.evolve(population, fitness, num_elites=num_elites, mutation_std=0.5, seed=_seed(draw))
            expect.identical(got[:num_elites], ranked[:num_elites], what=f"the elites of {num_elites}")
            stayed = (got[num_elites:] == ranked[num_elites:]).all(1)
            assert not bool(stayed.any()), f"{num_elites} elites: got old individuals, expected mutated children"


@check(
    "evolve-genes",
    task="9.3",
    points=3,
    hint="README, section 'Evolution', on crossover. With mutation_std=0 each gene of a child must be found in the "
    "same column of one of its parents, as it was there, and a child has two parents.",
)
def test_each_gene_comes_from_one_of_two_parents(solution: Solution, draw: torch.Generator) -> None:
    population, fitness = _generation(draw, 12, 20)
    calls = [_call(population, fitness, _seed(draw), num_elites=number) for number in (0, 2, 5)]
    for number, got in zip((0, 2, 5), solution.evolve.many(calls), strict=True):
        origin = _origin(got[number:], population)
        parents = max(len(set(row)) for row in origin.tolist())
        assert parents <= 2, f"a child with genes of {parents} individuals: expected two parents"


@check(
    "evolve-crossover",
    task="9.3",
    points=3,
    hint="README, section 'Evolution', on crossover: a fair coin for each gene of each child. Not one cut, not one "
    "coin for a whole child, not the same coins for all children.",
)
def test_a_fair_coin_decides_on_each_gene(solution: Solution, draw: torch.Generator) -> None:
    looked_at_twice(_fair_coins, solution, draw)


@check(
    "evolve-rank-selection",
    task="9.3",
    points=4,
    hint="README, section 'Evolution', on parents. Over many children, count how often each rank is a parent: the best "
    "of P about P times as often as the worst, the middle in between, and nobody left out.",
)
def test_better_ranks_are_parents_more_often(solution: Solution, draw: torch.Generator) -> None:
    looked_at_twice(_linear_ranking, solution, draw)


@check(
    "evolve-only-ranks",
    task="9.3",
    points=2,
    hint="Only the order of the fitness values counts. Fitness times 1e6, fitness plus 1000, or any function that "
    "keeps the order must give the very same generation with the same seed.",
)
def test_only_the_order_of_fitness_counts(solution: Solution, draw: torch.Generator) -> None:
    population, fitness = _generation(draw, 10, 6)
    seed = _seed(draw)
    changes = {
        "times 1e6": fitness * 1e6,
        "times 1e-3": fitness * 1e-3,
        "plus 1000": fitness + 1000,
        "minus 1000": fitness - 1000,
        "as exp(5 fitness)": (5 * fitness).exp(),
    }
    calls = [_call(population, values, seed, num_elites=2, mutation_std=0.1) for values in (fitness, *changes.values())]
    first, *others = solution.evolve.many(calls)
    for change, got in zip(changes, others, strict=True):
        expect.identical(got, first, what=f"the generation with fitness {change}")


@check(
    "evolve-mutation",
    task="9.3",
    points=3,
    hint="README, section 'Evolution', on mutation: normal noise of standard deviation mutation_std, not its square, "
    "the same whatever the gene's value, and a number of its own for each gene of each child.",
)
def test_mutations_are_independent_and_normal(solution: Solution, draw: torch.Generator) -> None:
    looked_at_twice(_normal_mutations, solution, draw)


@check(
    "evolve-seed",
    task="9.3",
    points=1,
    hint="All randomness comes from the seed: the same seed gives the same generation, another seed another one. Pass "
    "a generator with that seed to each function that draws.",
)
def test_seed_decides(solution: Solution, draw: torch.Generator) -> None:
    population, fitness = _generation(draw, 8, 5)
    seed = _seed(draw)
    expect.repeats(solution.evolve, population, fitness, num_elites=1, mutation_std=0.3, seed=seed)
    for settings in ({"mutation_std": 0.3}, {"mutation_std": 0.0}):  # without mutation 8 children of 5 genes remain
        calls = [_call(population, fitness, other, num_elites=0, **settings) for other in range(seed, seed + 5)]
        first, *others = solution.evolve.many([*calls, calls[0]])
        expect.identical(others.pop(), first, what="the generation with the first seed once more")
        alike = sum(torch.equal(first, other) for other in others)
        assert alike < len(others), f"five seeds with {settings}: got the same generation each time"


@check(
    "evolve-own-generator",
    task="9.3",
    points=1,
    hint="Leave PyTorch's global generator alone: neither draw from it nor seed it (torch.manual_seed does). Make a "
    "generator of your own, torch.Generator().manual_seed(seed).",
)
def test_global_generator_is_left_alone(solution: Solution, draw: torch.Generator) -> None:
    population, fitness = _generation(draw, 6, 3)
    settings = {"num_elites": 1, "mutation_std": 0.3, "seed": _seed(draw)}
    expect.draws_by_its_seed(solution.evolve, population, fitness, **settings)


@check(
    "evolve-arguments",
    task="9.3",
    points=1,
    hint="Population and fitness must be the same after the call. A row of a tensor is a view: changing it in place "
    "changes the tensor.",
)
def test_arguments_stay_as_they_were(solution: Solution, draw: torch.Generator) -> None:
    population, fitness = _generation(draw, 6, 3)
    for num_elites in (0, 2, 6):
        settings: dict[str, Any] = {"num_elites": num_elites, "mutation_std": 0.3, "seed": _seed(draw)}
        expect.untouched(solution.evolve, population, fitness, **settings)


@check(
    "evolve-errors",
    task="9.3",
    points=1,
    hint="The docstring, under Raises: num_elites outside 0 to P, or a negative mutation_std.",
)
def test_invalid_settings_are_refused(solution: Solution) -> None:
    for invalid in ({"num_elites": -1}, {"num_elites": 5}, {"mutation_std": -0.1}):
        settings = {"num_elites": 2, "mutation_std": 0.1, "seed": 0} | invalid
        expect.refuses(solution.evolve, ISLAND, FITNESS, **settings)


def _fair_coins(solution: Solution, draw: torch.Generator) -> None:
    """Assert that genes come from the two parents by independent coins; which parent is called the first is open."""
    size, genes = 60, 200
    population, fitness = _generation(draw, size, genes)
    origin = _origin(solution.evolve(population, fitness, num_elites=0, mutation_std=0.0, seed=_seed(draw)), population)
    mixed = origin[(origin != origin[:, :1]).any(1)]
    # Two picks of the same individual leave a copy. Linear ranking makes about 1 in 45 of them.
    assert len(mixed) >= size // 2, f"{len(mixed)} of {size} children have two parents, expected nearly all"
    coins = mixed == mixed[:, :1]
    # The first column is True by its making, so it is left out. Each sum below is one of fair coins, scaled to a
    # variance of 1; squared, it does not matter which parent is called the first.
    free = coins[:, 1:].double() * 2 - 1
    as_chance_has_it(free.sum(1).square() / (genes - 1), what="how often a child takes from its first parent")
    turned = -(free[:, 1:] * free[:, :-1]).sum(1)
    as_chance_has_it(turned.square() / (genes - 2), what="how often neighbouring genes come from different parents")
    shared = (free[1:] * free[:-1]).sum(1)
    as_chance_has_it(shared.square() / (genes - 1), what="how far two children share their coins")


def _linear_ranking(solution: Solution, draw: torch.Generator) -> None:
    """Assert that parents' ranks, in five classes, are as frequent as weights of P - rank make them.

    A tournament of two, with or without the same individual twice, has class shares within 0.005 of these; with 2000
    picks chance alone moves them by 0.01.
    """
    size, genes, generations, classes = 100, 16, 10, 5
    calls, ranks = [], []
    for _ in range(generations):
        population, fitness = _generation(draw, size, genes)
        calls.append(_call(population, fitness, _seed(draw), num_elites=0))
        ranks.append(fitness.argsort(descending=True).argsort())
    counts = torch.zeros(classes, dtype=torch.float64)
    for call, got, rank in zip(calls, solution.evolve.many(calls), ranks, strict=True):
        for child in _origin(got, call.args[0]).tolist():
            parents = sorted(set(child))
            # All 16 genes of one individual: it was picked twice (the other parent goes unseen 1 time in 30000).
            for parent in parents * 2 if len(parents) == 1 else parents:
                counts[int(rank[parent]) * classes // size] += 1
    weights = torch.arange(size, 0, -1, dtype=torch.float64).reshape(classes, -1).sum(1)
    wanted = weights / weights.sum() * counts.sum()
    told = f"parents by rank, in fifths: got {counts.tolist()}, expected about {[round(float(x)) for x in wanted]}"
    not_above_chance(float(((counts - wanted).square() / wanted).sum()), classes - 1, what=told)


def _normal_mutations(solution: Solution, draw: torch.Generator) -> None:
    """Assert that children of identical parents differ from them by independent normal numbers."""
    size, genes = 200, 50
    row = 5 * normal(draw, genes)
    fitness = torch.randperm(size, generator=draw).double()
    for std in (0.3, 2.0):
        settings = {"num_elites": 0, "mutation_std": std, "seed": _seed(draw)}
        noise = (solution.evolve(row.repeat(size, 1), fitness, **settings) - row) / std
        as_chance_has_it(noise.square(), what=f"mutations with std {std}, in units of it")
        as_chance_has_it(noise.sum(0).square() / size, what="their sums over children")
        as_chance_has_it(noise.sum(1).square() / genes, what="their sums over genes")
        # The fourth power of a normal number has mean 3 and variance 96.
        kurtosis, error = float(noise.pow(4).mean()), (96 / noise.numel()) ** 0.5
        assert abs(kurtosis - 3) <= SIGMAS * error, f"fourth moment of the mutations: got {kurtosis:.3g}, expected 3"


def _generation(draw: torch.Generator, size: int, genes: int) -> tuple[Tensor, Tensor]:
    """Return a population and a fitness in no particular order, both signs, no two alike and none close to another."""
    spread = torch.linspace(-1, 1, size, dtype=torch.float64)
    return normal(draw, size, genes), spread[torch.randperm(size, generator=draw)]


def _call(population: Tensor, fitness: Tensor, seed: int, *, num_elites: int, mutation_std: float = 0.0) -> Step:
    return Step((population, fitness), {"num_elites": num_elites, "mutation_std": mutation_std, "seed": seed})


def _seed(draw: torch.Generator) -> int:
    return int(torch.randint(0, 2**31 - 10, (), generator=draw))


def _origin(children: Tensor, population: Tensor) -> Tensor:
    """Return for each gene of each child from which row of the population it comes: whole numbers shaped like them.

    Normal numbers in float64 are all different, so there is one such row at most.
    """
    found = children.unsqueeze(1) == population.unsqueeze(0)
    strangers = int((~found.any(1)).sum())
    assert not strangers, f"{strangers} of {children.numel()} genes stand in no row of the population, in their column"
    return found.to(torch.uint8).argmax(1)


def _places_of(rows: Tensor, population: Tensor) -> list[int]:
    """Return which individuals these rows are."""
    found = (rows.unsqueeze(1) == population.unsqueeze(0)).all(2)
    assert bool(found.any(1).all()), "an elite that was not in the population; expected unchanged copies"
    return found.to(torch.uint8).argmax(1).tolist()
