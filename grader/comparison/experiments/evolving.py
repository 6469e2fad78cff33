"""Evolution: the judge knows every individual's loss, and asks for each next generation of a population.

What is drawn at random is a solution's own affair, so whole runs are compared as an ensemble. What is not left to
chance, such as which individuals survive, is compared generation by generation. All in float64, on the CPU.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from grader.comparison.ensemble import Ensemble, Look, Sample
from grader.comparison.finding import World
from grader.judge.suite import Solution, Step

Breed = Callable[[Sequence[Step]], Sequence[Tensor]]
"""From calls of `evolve` to the next generations, (P, D) each."""
Loss = Callable[[Tensor], Tensor]
"""From points (..., D) to their losses (...)."""
Summary = Callable[[Tensor, Tensor], Sample]
"""From populations (runs, generations + 1, P, D) and their losses (runs, generations + 1, P) to what is compared."""

_SEEDS = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Race:
    """How a population evolves: on which loss, centred where the problem says, how large, for how long."""

    loss: Loss
    size: int
    genes: int
    generations: int
    num_elites: int
    mutation_std: float

    def ground(self, problem: int) -> tuple[Tensor, Tensor]:
        """Return centre (D,) and first population (P, D) of a problem, the same for everybody."""
        draw = torch.Generator().manual_seed(7_919 * problem + 1)
        centre = torch.randn(self.genes, generator=draw, dtype=torch.float64)
        return centre, centre + 2 * torch.randn(self.size, self.genes, generator=draw, dtype=torch.float64)

    def run(self, breed: Breed, problems: Sequence[int], draw: torch.Generator) -> tuple[Tensor, Tensor]:
        """Let a population evolve on each of the problems, side by side; the seeds come from `draw`.

        Returns populations (runs, generations + 1, P, D) and losses (runs, generations + 1, P); a loss that is no
        number counts as infinite.
        """
        centres, populations = (torch.stack(parts) for parts in zip(*map(self.ground, problems), strict=True))
        lived, losses = [populations], [self._losses(populations, centres)]
        for _ in range(self.generations):
            seeds = torch.randint(_SEEDS, (len(problems),), generator=draw).tolist()
            calls = [
                Step(
                    (population, -loss),
                    {"num_elites": self.num_elites, "mutation_std": self.mutation_std, "seed": seed},
                )
                for population, loss, seed in zip(lived[-1], losses[-1], seeds, strict=True)
            ]
            lived.append(torch.stack(list(breed(calls))))
            losses.append(self._losses(lived[-1], centres))
        return torch.stack(lived, 1), torch.stack(losses, 1)

    def _losses(self, populations: Tensor, centres: Tensor) -> Tensor:
        return self.loss(populations - centres.unsqueeze(1)).nan_to_num(nan=math.inf, posinf=math.inf)


WIDER = 1.15
"""By how much the limits are set apart: what a population finds has heavier tails than a normal law."""


def steep_bowl(points: Tensor) -> Tensor:
    """Return the squared sphere: a smooth bowl in which only the order of the losses says how good one is."""
    return points.square().sum(-1).square()


def rastrigin(points: Tensor) -> Tensor:
    """Return a bowl with many dents (after Rastrigin 1974)."""
    return (points.square() + 3 * (1 - torch.cos(2 * math.pi * points))).sum(-1)


SEARCH = ("mean log loss of the best", "mean log loss of the whole population", "log spread of the genes")
MIXING = (
    "share of neighbouring genes that come from different parents",
    "log number of ancestors whose genes are left",
)


def of_a_search(populations: Tensor, losses: Tensor) -> Sample:
    """Summarise runs by the best, by all, and by how far individuals differ; the curve is the "best" loss."""
    best, everyone = losses.amin(2), losses.mean(2).log()
    spread = populations.var(2).mean(2).log() / 2
    values = torch.stack([value[:, 1:].mean(1) for value in (best.log(), everyone, spread)], 1)
    return Sample(values, {"best": best})


def of_mixing(populations: Tensor, losses: Tensor) -> Sample:  # noqa: ARG001 - who survives is not looked at
    """Summarise runs without mutation: each gene value tells which individual of the first population it comes from.

    The curve is the number of "ancestors" of which a gene is left, on average over the genes.
    """
    left = torch.stack([_ancestors(run) for run in populations])
    changes = torch.stack([_changes(run[0], run[1]) for run in populations])
    return Sample(torch.stack([changes, left[:, -1].log()], 1), {"ancestors": left})


def ensemble(
    race: Race,
    reference: Callable[..., Tensor],
    summary: Summary,
    *,
    statistics: tuple[str, ...],
    looks: dict[str, Look],
    name: str,
    task: str,
    points: float,
    hint: str,
) -> Ensemble:
    """Return the comparison with many runs of the reference, which is called as the solution is."""

    def mine(solution: Solution, _world: World, problems: Sequence[int], draw: torch.Generator) -> Sample:
        return summary(*race.run(solution.evolve.many, problems, draw))

    def replicates(_world: World, problem: int, runs: int, draw: torch.Generator) -> Sample:
        def breed(calls: Sequence[Step]) -> list[Tensor]:
            return [reference(*call.args, **call.kwargs) for call in calls]

        return summary(*race.run(breed, [problem] * runs, draw))

    return Ensemble(
        name=name,
        task=task,
        points=points,
        hint=hint,
        statistics=statistics,
        wider=WIDER,
        mine=mine,
        reference=replicates,
        looks=looks,
    )


def _ancestors(run: Tensor) -> Tensor:
    """Return how many different values a gene has, on average over the genes, in each generation: (G,)."""
    ordered = run.sort(1).values
    return 1 + (ordered[:, 1:] != ordered[:, :-1]).double().sum(1).mean(1)


def _changes(parents: Tensor, children: Tensor) -> Tensor:
    """Return in what share of places neighbouring genes come from different parents, in children that have two."""
    origin = (children.unsqueeze(1) == parents.unsqueeze(0)).to(torch.uint8).argmax(1)
    changes = (origin[:, 1:] != origin[:, :-1]).double().mean(1)
    mixed = changes > 0
    return changes[mixed].mean() if bool(mixed.any()) else torch.zeros((), dtype=torch.float64)
