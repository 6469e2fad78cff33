"""The comparison of standardised inputs: tables of samples in float64, and how a network trains on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from grader.comparison import data, drawing
from grader.comparison.case import Case
from grader.comparison.networks import Mlp
from grader.comparison.parity import Parity
from grader.comparison.problems import Fitting, Labelled, clusters
from grader.comparison.run import Run
from grader.domain.picture import Picture
from grader.judge.suite import Solution, Step

STEPS, RATE = 60, 0.2
"""Of the training on standardised inputs: each step on all samples."""

Standardized = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Table:
    """Samples (N, ...) in float64, and others that come later."""

    x: Tensor
    later: Tensor
    units: Tensor | float = 1.0
    """How large the values of each feature are: each mean and deviation is compared in its own unit."""


Tables = Callable[[torch.Generator], list[Table]]


def standardizing(*, name: str, task: str, points: float, hint: str) -> Parity:
    """Return the comparison on several kinds of tables; on the last a network is trained, which is drawn."""

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        return [
            drawing.curves(
                name,
                task,
                name="loss",
                title="Training on features in several units",
                caption="The same network from the same weights, on the samples as you standardise them, as PyTorch "
                "does, and as they are: where one feature is a thousand times as large as another, no learning rate "
                "suits both.",
                mine=mine.curves["loss"],
                twin=twin.curves["loss"],
                x=range(1, STEPS + 1),
                others={"samples as they are": twin.curves["raw"]},
            )
        ]

    cases = {words: _case(tables) for words, tables in _KINDS.items()}
    cases["Features in several units"] = _training_case(pictures)
    return Parity(name=name, task=task, function="standardize", points=points, hint=hint, cases=cases, unit="table")


def _digits(draw: torch.Generator) -> list[Table]:
    """Return digits in grey levels, with a tenth of a level everywhere: some pixels are the same in all pictures."""
    found = data.load("digits", folder=Path())  # they come along, so nothing is fetched
    levels = [16 * part.double() + 0.1 for part in (found.x_train, found.x_test)]
    rows = torch.randperm(len(levels[0]), generator=draw)
    return [Table(levels[0][rows[:count]], levels[1][:50]) for count in (200, 64, 3)]


def _wild(draw: torch.Generator) -> list[Table]:
    """Return features from 1e-10 to 1e10, one of them far from zero, and two that are constant.

    What lies far from zero is a whole number of 64ths, of which a float64 holds the exact sum.
    """
    tables = []
    for count in (64, 16):
        units = 10.0 ** torch.linspace(-10, 10, 9, dtype=torch.float64)
        varied = units * (torch.randn((2 * count, 9), generator=draw, dtype=torch.float64) + 0.5)
        far = 2.0**20 + torch.randint(-128, 128, (2 * count, 1), generator=draw).double() / 64
        constant = torch.tensor([[0.1, -3e7]], dtype=torch.float64).expand(2 * count, 2)
        x = torch.cat([varied, far, constant], 1)
        one = torch.ones(3, dtype=torch.float64)
        tables.append(Table(x[:count], x[count:], torch.cat([units, one])))
    return tables


def _several_dimensions(draw: torch.Generator) -> list[Table]:
    """Return samples that are no rows: each place in them is a feature of its own."""
    tables = []
    for shape in ((4, 3), (2, 5, 3)):
        sizes, middles = torch.rand((2, *shape), generator=draw, dtype=torch.float64)
        x = (0.2 + 3 * sizes) * torch.randn((30, *shape), generator=draw, dtype=torch.float64) + 4 * middles
        tables.append(Table(x[:20], x[20:]))
    return tables


def _single(draw: torch.Generator) -> list[Table]:
    x = torch.randn((5, 6), generator=draw, dtype=torch.float64)
    return [Table(x[:1], x[1:])]


_KINDS: dict[str, Tables] = {
    "Digits in grey levels": _digits,
    "Features of very different size, some of them constant": _wild,
    "Samples of several dimensions": _several_dimensions,
    "A single sample": _single,
}


def _case(tables: Tables) -> Case:
    def mine(solution: Solution, draw: torch.Generator) -> Run:
        made = tables(draw)
        return _run(made, _asked(solution, made))

    def twin(_mine: Run, draw: torch.Generator) -> Run:
        made = tables(draw)
        return _run(made, _pytorchs(made))

    return Case(mine=mine, twin=twin)


def _training_case(pictures: Callable[[Run, Run], list[Picture]]) -> Case:
    units = torch.tensor([400.0, 0.01, 3.0, 60.0, 0.2, 1.0], dtype=torch.float64)
    offsets = torch.tensor([900.0, 0.05, -2.0, 0.0, 1.0, 0.0], dtype=torch.float64)
    network = Mlp((len(units), 12, 4))

    def problem(draw: torch.Generator) -> tuple[Labelled, Table]:
        labelled = clusters(draw, features=len(units), classes=4)
        return labelled, Table(labelled.x_train * units + offsets, labelled.x_test * units + offsets, units)

    def losses(x: Tensor, labelled: Labelled, draw: torch.Generator) -> list[float]:
        """Train on inputs, each step on all of them; the same generator gives the same weights to start from."""
        rows = [torch.arange(len(x))] * STEPS
        fitting = Fitting(network, replace(labelled, x_train=x), rows, network.start(draw, torch.float64))
        params, found = fitting.params, []
        for step in range(STEPS):
            loss, grads = fitting.at(params, step)
            found.append(loss)
            params = [param - RATE * grad for param, grad in zip(params, grads, strict=True)]
        return found

    def mine(solution: Solution, draw: torch.Generator) -> Run:
        labelled, table = problem(draw)
        found = _asked(solution, [table])
        return _run([table], found, {"loss": losses(found[0][0], labelled, draw)})

    def twin(_mine: Run, draw: torch.Generator) -> Run:
        labelled, table = problem(draw)
        found = _pytorchs([table])
        again = draw.clone_state()
        curves = {"loss": losses(found[0][0], labelled, draw), "raw": losses(table.x, labelled, again)}
        return _run([table], found, curves)

    return Case(mine=mine, twin=twin, pictures=pictures)


def _asked(solution: Solution, tables: Sequence[Table]) -> list[Standardized]:
    found: list[Standardized] = solution.standardize.many([Step((table.x,), {}) for table in tables])
    return found


def _pytorchs(tables: Sequence[Table]) -> list[Standardized]:
    found = []
    for table in tables:
        constant = table.x.amax(0) == table.x.amin(0)
        var, mean = torch.var_mean(table.x, 0, correction=0)
        mean, std = torch.where(constant, table.x[0], mean), torch.where(constant, 0.0, var.sqrt())
        found.append((_scaled(table.x, mean, std), mean, std))
    return found


def _scaled(x: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    return (x - mean) / torch.where(std == 0, 1.0, std)


def _run(tables: Sequence[Table], found: Sequence[Standardized], curves: dict[str, list[float]] | None = None) -> Run:
    """Return a state per table; whoever treats later samples by mean and deviation has them right as well."""
    states = [
        {
            "standardized": standardized,
            "mean": mean / table.units,
            "std": std / table.units,
            "later samples": _scaled(table.later, mean, std),
        }
        for table, (standardized, mean, std) in zip(tables, found, strict=True)
    ]
    return Run(states, curves or {})
