"""What is not left to chance when a population evolves: who survives, and how genes and mutations are passed on.

Which random numbers a solution draws is its own affair, so no generation as such is compared. Compared are facts that
hold for every right one, whatever it draws; a twin says what they should be.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from grader.comparison.case import Case
from grader.comparison.parity import Parity
from grader.comparison.run import Run
from grader.judge.suite import Solution, Step

_SEEDS = 2**31 - 1
_GENES = 6
_ZEROS = 4
_MANY_GENES = 16
_SMALL = 0.05
_FAR = 6 * _SMALL
"""No mutation of standard deviation `_SMALL` goes as far, and hardly any stranger lies as near."""


def heredity(*, name: str, task: str, points: float, hint: str, elites: Sequence[int], size: int) -> Parity:
    """Return the comparison of `evolve` with what it promises; of a population `elites` many survive each time."""
    cases = {
        "Populations on a bowl": _surviving(elites, size),
        "Several of the same fitness": _level(size),
        "Without mutation": _recombined(size),
        "Individuals that are all alike": _mutated(size),
        "Once more with the same seed, and with another": _seeded(size),
    }
    return Parity(name=name, task=task, function="evolve", points=points, hint=hint, cases=cases, unit="generation")


def _surviving(elites: Sequence[int], size: int) -> Case:
    """See whom of the generation before the first rows hold; elites that were mutated are told from strangers.

    Every time the population is a new one, so that no fact depends on what the solution drew before.
    """

    def mine(solution: Solution, draw: torch.Generator) -> Run:
        run = Run()
        for number in elites:
            before = 1 + _normal(draw, size, _GENES)
            fitness = -before.square().sum(1)
            settings = {"num_elites": number, "mutation_std": _SMALL}
            first = _bred(solution, before, fitness, _seed(draw), **settings)[:number]
            ranks = _ranks(before, fitness, first)
            near = ((first - before[fitness.argsort(descending=True)[:number]]).abs() < _FAR).all(1)
            run.add({"the elites": ranks, "the elites, but for mutations": _truth(bool(((ranks > 0) | near).all()))})
        return run

    def twin(_mine: Run, _draw: torch.Generator) -> Run:
        return Run(
            states=[
                {"the elites": torch.arange(1.0, number + 1), "the elites, but for mutations": _truth(True)}
                for number in elites
            ]
        )

    return Case(mine=mine, twin=twin)


def _level(size: int) -> Case:
    """See that of individuals of the same fitness each survives once."""

    def mine(solution: Solution, draw: torch.Generator) -> Run:
        population = _normal(draw, size, _GENES)
        population[:4] = 0.1 * population[0] * torch.tensor([[1.0], [-1.0], [1.0], [-1.0]], dtype=torch.float64)
        population[2:4, 0] *= -1
        population = population[torch.randperm(size, generator=draw)]
        fitness = -population.square().sum(1)
        bred = _bred(solution, population, fitness, _seed(draw), num_elites=5, mutation_std=0.3)
        return Run(states=[{"the elites": _ranks(population, fitness, bred[:5])}])

    return Case(mine=mine, twin=lambda _mine, _draw: Run(states=[{"the elites": torch.arange(1.0, 6.0)}]))


def _recombined(size: int) -> Case:
    """See in children without mutations whose genes they have, and whether each is a mixture of its own."""

    def mine(solution: Solution, draw: torch.Generator) -> Run:
        parents = _normal(draw, size, _MANY_GENES)
        fitness = -parents.square().sum(1)
        children = _bred(solution, parents, fitness, _seed(draw), num_elites=0, mutation_std=0.0)
        same = children.unsqueeze(1) == parents.unsqueeze(0)
        pairs = (same.unsqueeze(1) | same.unsqueeze(2)).all(3)
        origin = same.to(torch.uint8).argmax(1)
        changes = origin[:, 1:] != origin[:, :-1]
        patterns = {tuple(row) for row in changes.tolist() if any(row)}
        state = {
            "the genes": _truth(bool(same.any(1).all())),
            "the number of parents": _truth(bool(pairs.flatten(1).any(1).all())),
            "the coins": torch.tensor(min(len(patterns), 2)),
        }
        return Run(states=[state])

    right = {"the genes": _truth(True), "the number of parents": _truth(True), "the coins": torch.tensor(2)}
    return Case(mine=mine, twin=lambda _mine, _draw: Run(states=[right]))


def _mutated(size: int) -> Case:
    """See in children of identical parents, most of whose genes are zero, that mutations are independent."""

    def mine(solution: Solution, draw: torch.Generator) -> Run:
        alike = _normal(draw, _GENES)
        alike[:_ZEROS] = 0.0
        fitness = torch.linspace(-1, 1, size, dtype=torch.float64)
        children = _bred(solution, alike.repeat(size, 1), fitness, _seed(draw), num_elites=0, mutation_std=0.3)
        mutations = ((children - alike) * 1e6).round()
        state = {
            "the mutations of genes that are zero": _truth(bool((mutations[:, :_ZEROS] != 0).double().mean() > 0.5)),
            "the mutations within a child": _truth(_mostly_different(mutations)),
            "the mutations between children": _truth(_mostly_different(mutations.T)),
        }
        return Run(states=[state])

    names = (
        "the mutations of genes that are zero",
        "the mutations within a child",
        "the mutations between children",
    )
    return Case(mine=mine, twin=lambda _mine, _draw: Run(states=[dict.fromkeys(names, _truth(True))]))


def _seeded(size: int) -> Case:
    """See that a seed decides on everything."""

    def mine(solution: Solution, draw: torch.Generator) -> Run:
        population = _normal(draw, size, _GENES)
        fitness = -population.square().sum(1)
        seed = _seed(draw)
        settings = {"num_elites": 1, "mutation_std": 0.3}
        calls = [Step((population, fitness), {**settings, "seed": number}) for number in (seed, seed, seed + 1)]
        first, again, other = solution.evolve.many(calls)
        state = {
            "the same seed": _truth(torch.equal(first, again)),
            "another seed": _truth(not torch.equal(first, other)),
        }
        return Run(states=[state])

    names = ("the same seed", "another seed")
    return Case(mine=mine, twin=lambda _mine, _draw: Run(states=[dict.fromkeys(names, _truth(True))]))


def _ranks(before: Tensor, fitness: Tensor, elites: Tensor) -> Tensor:
    """Return for each row which rank it had, 1 for the fittest; 0 where it was not there, bit for bit, or is a copy.

    Among individuals of the same fitness the first that is named has the better rank: any order of them will do.
    """
    values = fitness.tolist()
    left = list(range(len(before)))
    found = []
    for row in elites:
        place = next((place for place in left if torch.equal(before[place], row)), None)
        if place is None:
            found.append(0)
            continue
        ahead = sum(value > values[place] for value in values)
        found.append(1 + ahead + sum(values[one] == values[place] for one in range(len(before)) if one not in left))
        left.remove(place)
    return torch.tensor(found, dtype=torch.float32)


def _mostly_different(rows: Tensor) -> bool:
    """Tell whether more than half of the values within a row differ, on average over the rows."""
    return 2 * sum(len(set(row)) for row in rows.tolist()) > rows.numel()


def _bred(solution: Solution, population: Tensor, fitness: Tensor, seed: int, **settings: float) -> Tensor:
    found: Tensor = solution.evolve(population, fitness, seed=seed, **settings)
    return found


def _truth(is_so: bool) -> Tensor:
    return torch.tensor(float(is_so))


def _normal(draw: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=draw, dtype=torch.float64)


def _seed(draw: torch.Generator) -> int:
    return int(torch.randint(_SEEDS, (), generator=draw))
