"""The comparison of fans: the layers of networks as they are built, counted by the solution and by PyTorch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from grader.comparison import drawing
from grader.comparison.case import Case
from grader.comparison.experiments.signals import DEEP, Shape, flow, signals
from grader.comparison.parity import Parity
from grader.comparison.run import Run
from grader.domain.picture import Picture
from grader.judge.suite import Solution, Step


def fans(*, name: str, task: str, points: float, hint: str) -> Parity:
    """Return the comparison layer by layer. For the deepest network is drawn what fans are counted for: He's weights by
    these fans, and the signal that flows through them."""

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        return [
            drawing.curves(
                name,
                task,
                name="signal",
                title=f"Activations in {len(DEEP)} layers whose weights are sized by these fans",
                caption="The mean square of what goes into the first layer, and of what comes out of each. The weights "
                "have the standard deviation sqrt(2 / fan_in): the same random numbers, sized by your fan_in and by "
                "PyTorch's. The first four layers are convolutions.",
                mine=_activations(mine),
                twin=_activations(twin),
                x_label="layer",
                y_label="mean square",
            )
        ]

    cases = {words: _case(shapes) for words, shapes in _NETWORKS.items()}
    cases[f"A network of {len(DEEP)} layers"] = _case(DEEP, pictures)
    return Parity(
        name=name, task=task, function="fan_in_and_fan_out", points=points, hint=hint, cases=cases, unit="layer"
    )


def _shapes(*layers: nn.Conv1d | nn.Conv2d | nn.Conv3d | nn.Linear) -> tuple[Shape, ...]:
    return tuple(tuple(layer.weight.shape) for layer in layers)


with torch.device("meta"):  # for their shapes alone
    _NETWORKS = {
        "The layers of LeNet, which reads digits": _shapes(
            nn.Conv2d(1, 6, 5), nn.Conv2d(6, 16, 5), nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)
        ),
        "The layers of a network for photographs": _shapes(
            nn.Conv2d(3, 64, 7),
            nn.Conv2d(64, 32, 1),
            nn.Conv2d(32, 48, (1, 7)),
            nn.Conv2d(48, 96, (7, 1)),
            nn.Conv2d(96, 192, 3),
            nn.Linear(192, 1000),
        ),
        "The layers of a network for sound": _shapes(nn.Conv1d(2, 24, 9), nn.Conv1d(24, 60, 4), nn.Linear(60, 5)),
        "The layers of a network for films": _shapes(nn.Conv3d(3, 20, (3, 5, 2)), nn.Conv3d(20, 8, 3), nn.Linear(8, 2)),
    }


def _case(shapes: Sequence[Shape], pictures: Callable[[Run, Run], list[Picture]] = lambda _mine, _twin: []) -> Case:
    def mine(solution: Solution, _draw: torch.Generator) -> Run:
        return _run(solution.fan_in_and_fan_out.many([Step((shape,), {}) for shape in shapes]))

    def twin(_mine: Run, _draw: torch.Generator) -> Run:
        weights = [torch.empty(shape, device="meta") for shape in shapes]
        return _run([nn.init._calculate_fan_in_and_fan_out(weight) for weight in weights])

    return Case(mine=mine, twin=twin, pictures=pictures)


def _run(counted: Sequence[tuple[int, int]]) -> Run:
    names = ("fan_in", "fan_out")
    return Run([{name: _number(fan) for name, fan in zip(names, pair, strict=True)} for pair in counted])


def _number(count: int) -> Tensor:
    try:
        return torch.tensor(float(count), dtype=torch.float64)
    except OverflowError:  # a student's number may have any number of digits
        return torch.tensor(math.inf, dtype=torch.float64)


def _activations(run: Run) -> list[float]:
    """Return the size of a signal from layer to layer of `DEEP`, with He's weights for what a run counted as fan_in."""
    draw = torch.Generator().manual_seed(0)
    x, back = signals(draw)
    weights = [
        torch.randn((1, *shape), generator=draw) * (2 / state["fan_in"]).sqrt().float()
        for shape, state in zip(DEEP, run.states, strict=True)
    ]
    biases = [torch.zeros(weight.shape[:2]) for weight in weights]
    found: list[float] = flow(weights, biases, x[None], back[None], torch.relu).activations[0].exp().tolist()
    return found
