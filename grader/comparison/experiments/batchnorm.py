"""The comparison of a batch normalisation: parity in float64, and same-seed curves in float32.

Each task is compared by itself: where the forward pass is looked at, the way back is PyTorch's, and where the backward
pass is, what goes forward is PyTorch's. So a mistake in one costs the other nothing, as long as the cache is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from grader.comparison import drawing
from grader.comparison.case import Case
from grader.comparison.experiments.layer_runs import CURVE_STEPS, STEPS, Beginning, curve_run, parity_run
from grader.comparison.experiments.layers import Chain, linear
from grader.comparison.experiments.normalising import (
    PYTORCHS,
    BatchNorm,
    Passes,
    new,
    used,
    with_students_backward,
    with_students_forward,
)
from grader.comparison.finding import World
from grader.comparison.parity import Parity
from grader.comparison.problems import batches, clusters, data_of
from grader.comparison.run import Run
from grader.comparison.same_seed import SameSeed
from grader.domain.picture import Picture
from grader.judge.suite import Solution

_FORWARD = ("out", "running_mean", "running_var")
_BACKWARD = ("grad_x", "grad_weight", "grad_bias")
_LOOKS = {"": 64, " of a single sample": 1}
_WIDTH, _BATCH = 32, 32
"""Of the network and the batches whose curves are drawn."""


def _tanh_linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return linear(x.tanh(), weight, bias)


def _mlp(features: int, width: int, classes: int) -> Chain:
    # Two layers of the same width: what they share by mistake, they confuse.
    shapes = ((width, features), (width, width), (classes, width))
    return Chain(features, (linear, _tanh_linear, _tanh_linear), shapes)


VECTORS = _mlp(6, 10, 4)
IMAGES = Chain(
    20,
    (
        lambda x, weight, bias: functional.conv2d(x.view(-1, 1, 4, 5), weight, bias, padding=1),
        lambda x, weight, bias: functional.conv2d(x.tanh(), weight, bias),
        lambda x, weight, bias: linear(x.tanh().flatten(1), weight, bias),
    ),
    ((3, 1, 3, 3), (3, 3, 2, 2), (4, 36)),
)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a parity run is made in: a network with two layers, and the sizes of its batches in turn."""

    chain: Chain
    sizes: tuple[int, ...]
    settings: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {})
    """The momentum and eps of each layer; what is not there is left to the defaults."""
    new: bool = False
    """Whether the layers begin with 1 and 0 everywhere, and not with numbers as after long use."""
    offset: float = 0.0
    """How far from zero lies what comes into the first layer."""
    steps: int = STEPS


def forward_parity(*, name: str, task: str, points: float, hint: str, scenes: Mapping[str, Scene]) -> Parity:
    """Return the float64 comparison of the forward pass, each scene by words that say what is trained.

    The running statistics of the first one are drawn.
    """

    def statistic(mine: Run, twin: Run, which: str, title: str, caption: str) -> Picture:
        lines = [[float(state[f"layer 1's {which}"].mean()) for state in run.states] for run in (mine, twin)]
        return drawing.curves(
            name,
            task,
            name=which,
            title=title,
            caption=f"The {which} of the first layer after each step, on average over its channels. {caption}",
            mine=lines[0],
            twin=lines[1],
            x=range(1, len(lines[1]) + 1),
            y_label=which,
            log_y=False,
        )

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        begins = "A new layer begins with 0, and each batch takes it a tenth of the way to the batch's own mean."
        follows = "A new layer begins with 1, and each batch says what to expect of the data to come."
        return [
            statistic(mine, twin, "running_mean", "The running mean on its way", begins),
            statistic(mine, twin, "running_var", "The running variance", follows),
        ]

    cases = {words: _case(scene, with_students_forward, _FORWARD) for words, scene in scenes.items()}
    first = next(iter(scenes))
    cases[first] = _case(scenes[first], with_students_forward, _FORWARD, pictures)
    return Parity(name=name, task=task, function="batchnorm_forward", points=points, hint=hint, cases=cases)


def backward_parity(*, name: str, task: str, points: float, hint: str, scenes: Mapping[str, Scene]) -> Parity:
    """Return the float64 comparison of the backward pass, each scene by words that say what is trained."""
    cases = {words: _case(scene, with_students_backward, _BACKWARD) for words, scene in scenes.items()}
    return Parity(name=name, task=task, function="batchnorm_backward", points=points, hint=hint, cases=cases)


def forward_curve(*, name: str, task: str, points: float, hint: str) -> SameSeed:
    """Return the float32 comparison of what a network is worth in evaluation while it learns."""

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        steps = range(1, CURVE_STEPS + 1)
        both = drawing.curves(
            name,
            task,
            name="both-modes",
            title="Training and evaluation",
            caption="The loss of each batch in training, and that of unseen data in evaluation. Once the running "
            "statistics have settled the two stay together; a gap that remains is a mistake in one of the modes.",
            mine=mine.curves["evaluation loss"],
            twin=twin.curves["evaluation loss"],
            x=steps,
            others={"yours, in training": mine.curves["loss"], "PyTorch's, in training": twin.curves["loss"]},
        )
        right = drawing.curves(
            name,
            task,
            name="accuracy",
            title="Accuracy on unseen data",
            caption="The share of unseen samples that the network gets right in evaluation, after each step.",
            mine=mine.curves["accuracy"],
            twin=twin.curves["accuracy"],
            x=steps,
            y_label="accuracy",
            log_y=False,
        )
        return [both, right]

    return SameSeed(
        name=name,
        task=task,
        points=points,
        hint=hint,
        title="Evaluation of a small network while it learns",
        mine=lambda solution, world, draw: _curve(world, with_students_forward(solution), draw, evaluates=True),
        twin=lambda world, draw: _curve(world, PYTORCHS, draw, evaluates=True),
        curve="evaluation loss",
        pictures=pictures,
    )


def backward_curve(*, name: str, task: str, points: float, hint: str) -> SameSeed:
    """Return the float32 comparison of training with the gradients of the backward pass."""

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        return [
            drawing.curves(
                name,
                task,
                name="gradient",
                title="The gradient that comes through both layers",
                caption="The norm of what batchnorm_backward returns as grad_x for the first layer, at each step: all "
                "that the weights before it learn from.",
                mine=mine.curves["gradient"],
                twin=twin.curves["gradient"],
                x=range(1, CURVE_STEPS + 1),
                y_label="norm of grad_x",
            )
        ]

    return SameSeed(
        name=name,
        task=task,
        points=points,
        hint=hint,
        title="Training a small network with batchnorm_backward",
        mine=lambda solution, world, draw: _curve(world, with_students_backward(solution), draw, evaluates=False),
        twin=lambda world, draw: _curve(world, PYTORCHS, draw, evaluates=False),
        pictures=pictures,
    )


def _case(
    scene: Scene,
    choose: Callable[[Solution], Passes],
    compared: Sequence[str],
    pictures: Callable[[Run, Run], list[Picture]] = lambda _mine, _twin: [],
) -> Case:
    def run(passes: Passes, draw: torch.Generator) -> Run:
        return parity_run(_beginning(scene, passes, draw), compared, _LOOKS)

    return Case(
        mine=lambda solution, draw: run(choose(solution), draw),
        twin=lambda _mine, draw: run(PYTORCHS, draw),
        pictures=pictures,
    )


def _beginning(scene: Scene, passes: Passes, draw: torch.Generator) -> Beginning:
    chain, labelled = scene.chain, clusters(draw, features=scene.chain.features)
    params = chain.start(draw, torch.float64)
    params[0][1] += scene.offset
    starts = [new(count, torch.float64) if scene.new else used(count, draw) for count in _channels(chain)]
    rows = batches(len(labelled.y_train), max(scene.sizes), scene.steps, draw)
    return Beginning(
        chain,
        params,
        [BatchNorm(passes, start, settings) for start, settings in zip(starts, scene.settings, strict=True)],
        labelled,
        [row[: scene.sizes[step % len(scene.sizes)]] for step, row in enumerate(rows)],
    )


def _curve(world: World, passes: Passes, draw: torch.Generator, *, evaluates: bool) -> Run:
    labelled = data_of(world, draw).to(world.device, torch.float32)
    chain = _mlp(labelled.x_train.shape[1], _WIDTH, labelled.classes)
    params = chain.start(draw, torch.float32, world.device)
    layers = [BatchNorm(passes, new(count, torch.float32, world.device), {}) for count in _channels(chain)]
    rows = batches(len(labelled.y_train), _BATCH, CURVE_STEPS, draw)
    return curve_run(Beginning(chain, params, layers, labelled, rows), evaluates=evaluates)


def _channels(chain: Chain) -> list[int]:
    return [shape[0] for shape in chain.shapes[:-1]]
