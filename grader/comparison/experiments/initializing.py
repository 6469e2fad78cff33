"""The comparison of an initializer: what its weights do to signals in a deep network, and how training goes from them.

The judge owns networks, data and training; the solution draws the weights, PyTorch's initializer those of the twins.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from grader.comparison.ensemble import Ensemble, Look, Sample
from grader.comparison.experiments.layers import cross_entropy, linear
from grader.comparison.experiments.signals import DEEP, Activation, Shape, flow, growth, likeness, signals
from grader.comparison.experiments.weights import SMALL, Networks, Start
from grader.comparison.finding import World
from grader.comparison.problems import Labelled, batches, data_of
from grader.judge.suite import Solution

STEPS, BATCH = 40, 32
"""Of each training run, with a momentum of 0.9."""

_WIDENING = [place for place, shape in enumerate(DEEP) if shape[0] > shape[1]]
_NARROWING = [place for place, shape in enumerate(DEEP) if shape[0] < shape[1]]
_SMALL_WORDS = "weights from N(0, 0.01²)"
_SEEN = 1e-6
"""A mean square far below one would press all other lines of a picture together: a line ends here."""

WIDER = 1.1
"""By how much the limits are set apart: growths and losses have heavier tails than a normal law."""


def signal(
    *, name: str, task: str, points: float, hint: str, forward: Start, backward: Start, told: tuple[str, str]
) -> Ensemble:
    """Return the comparison of signals in 20 layers: of activations in the one network, of gradients in the other.

    `told` says in words which networks these are, for the titles of the pictures.
    """

    def sample(ahead: Networks, behind: Networks, x: Tensor, back: Tensor) -> Sample:
        activations = flow(ahead.weights, ahead.biases, x, back, forward.activation).activations
        gradients = flow(behind.weights, behind.biases, x, back, backward.activation).gradients
        values = [
            *(growth(activations, layers) for layers in (_WIDENING, _NARROWING)),
            *(-growth(gradients, layers) for layers in (_WIDENING, _NARROWING)),  # they flow the other way
            likeness(ahead.weights),
        ]
        curves = {"activations": activations.exp(), "gradients": gradients.exp()}
        return Sample(torch.stack(values, 1), {where: _seen(sizes, 0.0) for where, sizes in curves.items()})

    def mine(solution: Solution, _world: World, problems: Sequence[int], draw: torch.Generator) -> Sample:
        ahead, behind = (start.asked(solution, DEEP, len(problems), draw) for start in (forward, backward))
        x, back = zip(*(signals(_paired(problem)) for problem in problems), strict=True)
        return sample(ahead, behind, torch.stack(x), torch.stack(back))

    def reference(_world: World, problem: int, runs: int, draw: torch.Generator) -> Sample:
        ahead, behind = (start.filled(DEEP, runs, draw) for start in (forward, backward))
        x, back = signals(_paired(problem))
        return sample(ahead, behind, x.expand(runs, *x.shape), back.expand(runs, *back.shape))

    return Ensemble(
        name=name,
        task=task,
        points=points,
        hint=hint,
        statistics=(
            "growth of the activations in a layer that widens",
            "growth of the activations in a layer that narrows",
            "growth of the gradients in a layer that widens",
            "growth of the gradients in a layer that narrows",
            "likeness of layers of one shape",
        ),
        wider=WIDER,
        mine=mine,
        reference=reference,
        looks={
            "activations": Look(
                title=f"Activations in {len(DEEP)} layers: {told[0]}",
                caption="The mean square of what goes into the first layer, and of what comes out of each. The first "
                "four are convolutions; layers that widen and layers that narrow take turns.",
                x_label="layer",
                y_label="mean square",
                others=lambda _world: _vanishing(forward.activation, 0),
            ),
            "gradients": Look(
                title=f"Gradients in {len(DEEP)} layers: {told[1]}",
                caption="The mean square of the gradient at the same places. Read it from the right, as it flows: from "
                "the output back to the input.",
                x_label="layer",
                y_label="mean square",
                others=lambda _world: _vanishing(backward.activation, 1),
            ),
        },
    )


def curve(
    *,
    name: str,
    task: str,
    points: float,
    hint: str,
    title: str,
    start: Start,
    hidden: tuple[int, ...],
    rate: float,
    beside_small: bool = True,
) -> Ensemble:
    """Return the comparison of training from such weights, in a network with these hidden widths.

    With `beside_small` the curve from small weights is drawn too.
    """

    def sample(networks: Networks, labelled: Labelled, problems: Sequence[int]) -> Sample:
        rows = [batches(len(labelled.y_train), BATCH, STEPS, _paired(problem)) for problem in problems]
        steps = [torch.stack(now) for now in zip(*rows, strict=True)]
        losses, unseen = _trained(networks, labelled, steps, start.activation, rate)
        values = [losses.double().log().mean(1), unseen.double().log(), networks.change]
        return Sample(torch.stack(values, 1), {"loss": losses})

    def mine(solution: Solution, world: World, problems: Sequence[int], draw: torch.Generator) -> Sample:
        labelled = _labelled(world)
        return sample(start.asked(solution, _shapes(labelled, hidden), len(problems), draw), labelled, problems)

    def reference(world: World, problem: int, runs: int, draw: torch.Generator) -> Sample:
        labelled = _labelled(world)
        return sample(start.filled(_shapes(labelled, hidden), runs, draw), labelled, [problem])

    def small(world: World) -> dict[str, list[float]]:
        labelled = _labelled(world)
        drawn = _small(start.activation).filled(_shapes(labelled, hidden), 1, _paired(0))
        return {_SMALL_WORDS: sample(drawn, labelled, [0]).curves["loss"][0].tolist()} if beside_small else {}

    return Ensemble(
        name=name,
        task=task,
        points=points,
        hint=hint,
        statistics=(
            "mean log training loss",
            "final log unseen loss",
            "difference between two drawings from one seed",
        ),
        wider=WIDER,
        mine=mine,
        reference=reference,
        looks={
            "loss": Look(
                title=title,
                caption=f"The loss at each step of training a network of {len(hidden) + 1} layers.",
                others=small,
            )
        },
    )


def _paired(problem: int) -> torch.Generator:
    """Return the generator of what is the same for everybody on a problem: signals, or the order of the batches."""
    return torch.Generator().manual_seed(problem)


def _labelled(world: World) -> Labelled:
    return data_of(world, _paired(0)).to("cpu", torch.float32)


def _shapes(labelled: Labelled, hidden: tuple[int, ...]) -> list[Shape]:
    widths = (labelled.x_train.shape[1], *hidden, labelled.classes)
    return list(zip(widths[1:], widths[:-1], strict=True))


def _trained(
    networks: Networks, labelled: Labelled, rows: Sequence[Tensor], activation: Activation, rate: float
) -> tuple[Tensor, Tensor]:
    """Train networks side by side; return the losses before each step (runs, steps) and at last on unseen data (runs,).

    `rows` has for each step those of the batch, (runs, BATCH), or (1, BATCH) for the same batch in all runs.
    """
    runs, layers = len(networks.weights[0]), len(networks.weights)
    params = [*networks.weights, *networks.biases]
    speeds = [torch.zeros_like(param) for param in params]

    def loss(x: Tensor, labels: Tensor) -> Tensor:
        for place in range(layers):
            x = linear(activation(x) if place else x, params[place], params[layers + place])
        return cross_entropy(x, labels.expand(runs, -1))

    losses = []
    for now in rows:
        params = [param.detach().requires_grad_() for param in params]
        value = loss(labelled.x_train[now], labelled.y_train[now])
        grads = torch.autograd.grad(value.sum(), params)
        losses.append(value.detach())
        speeds = [0.9 * speed + grad for speed, grad in zip(speeds, grads, strict=True)]
        params = [param - rate * speed for param, speed in zip(params, speeds, strict=True)]
    with torch.no_grad():
        return torch.stack(losses, 1), loss(labelled.x_test.unsqueeze(0), labelled.y_test.unsqueeze(0))


def _small(activation: Activation) -> Start:
    return Start(initializer=SMALL, activation=activation)


def _vanishing(activation: Activation, which: int) -> dict[str, list[float]]:
    """Return how the activations (0) or the gradients (1) vanish when the weights are small."""
    x, back = signals(_paired(0))
    drawn = _small(activation).filled(DEEP, 1, _paired(0))
    found = flow(drawn.weights, drawn.biases, x[None], back[None], activation)
    sizes = (found.activations, found.gradients)[which].exp()
    return {_SMALL_WORDS: _seen(sizes, _SEEN)[0].tolist()}


def _seen(sizes: Tensor, least: float) -> Tensor:
    """Return sizes with NaN, which is a gap in a line, for those that have no place on a logarithmic axis."""
    return torch.where(sizes > least, sizes, torch.nan)
