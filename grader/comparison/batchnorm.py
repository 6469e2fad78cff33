"""The comparison of a batch normalisation: parity in float64, and same-seed curves in float32.

Each task is compared by itself: where the forward pass is looked at, the way back is PyTorch's, and where the backward
pass is, what goes forward is PyTorch's. So a mistake in one costs the other nothing, as long as the cache is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from grader.comparison import drawing
from grader.comparison.case import Case
from grader.comparison.finding import World
from grader.comparison.layers import Chain, cross_entropy, descend, linear
from grader.comparison.networks import accuracy
from grader.comparison.normalising import (
    PYTORCHS,
    BatchNorm,
    Passes,
    new,
    used,
    with_students_backward,
    with_students_forward,
)
from grader.comparison.parity import Parity
from grader.comparison.problems import batches, clusters, data_of
from grader.comparison.run import Run
from grader.comparison.same_seed import SameSeed
from grader.domain.picture import Picture
from grader.judge.suite import Solution

STEPS = 25
"""Of each parity run."""
LOOK_EVERY = 5
"""After so many of them the layers are used in evaluation, forward and back."""
CURVE_STEPS = 80
RATE = 0.1
FORWARD = ("out", "running_mean", "running_var")
BACKWARD = ("grad_x", "grad_weight", "grad_bias")


def _of_tanh(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return linear(x.tanh(), weight, bias)


# Two layers of the same width: what they share by mistake, they confuse.
VECTORS = Chain(features=6, pieces=(linear, _of_tanh, _of_tanh), shapes=((10, 6), (10, 10), (4, 10)))
IMAGES = Chain(
    features=20,
    pieces=(
        lambda x, weight, bias: functional.conv2d(x.unflatten(1, (1, 4, 5)), weight, bias, padding=1),
        lambda x, weight, bias: functional.conv2d(x.tanh(), weight, bias),
        lambda x, weight, bias: linear(x.tanh().flatten(1), weight, bias),
    ),
    shapes=((3, 1, 3, 3), (3, 3, 2, 2), (4, 36)),
)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a parity run is made in: a network, the sizes of its batches in turn, the settings of its layers."""

    chain: Chain
    sizes: tuple[int, ...] = (32,)
    settings: Mapping[str, Any] = field(default_factory=dict)
    begins_new: bool = True
    """Whether the layers begin with 1 and 0 everywhere, or with the numbers of long use."""
    offset: float = 0.0
    """How far from zero lies what comes into the first layer."""


def forward_parity(*, name: str, task: str, points: float, hint: str, scenes: Mapping[str, Scene]) -> Parity:
    """Return the float64 comparison of the forward pass, each scene by words that say what is trained.

    The running variance in the first scene is drawn.
    """

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        return [
            drawing.curves(
                name,
                task,
                name="running-variance",
                title="The running variance on its way to the true one",
                caption="The running_var of the first layer, the mean of its channels, after each step: a new layer "
                "begins with 1, and every batch moves it by a tenth of the way to its own variance.",
                mine=mine.curves["running variance"],
                twin=twin.curves["running variance"],
                x=range(1, STEPS + 1),
                y_label="running_var",
                log_y=False,
            )
        ]

    cases = {words: _case(scene, with_students_forward, FORWARD, pictures) for words, scene in scenes.items()}
    return Parity(name=name, task=task, function="batchnorm_forward", points=points, hint=hint, cases=cases)


def backward_parity(*, name: str, task: str, points: float, hint: str, scenes: Mapping[str, Scene]) -> Parity:
    """Return the float64 comparison of the backward pass, each scene by words that say what is trained."""
    cases = {words: _case(scene, with_students_backward, BACKWARD) for words, scene in scenes.items()}
    return Parity(name=name, task=task, function="batchnorm_backward", points=points, hint=hint, cases=cases)


def forward_curve(*, name: str, task: str, points: float, hint: str) -> SameSeed:
    """Return the float32 comparison of what training with the forward pass comes to in evaluation."""

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        steps = range(1, CURVE_STEPS + 1)
        gap = drawing.curves(
            name,
            task,
            name="both-modes",
            title="Training and evaluation",
            caption="The loss on each batch in training, and after the step that on unseen data in evaluation. With "
            "right running statistics the two come together within some twenty steps; a gap that stays, or a jump, is "
            "a mistake in one of the modes.",
            mine=mine.curves["evaluation loss"],
            twin=twin.curves["evaluation loss"],
            x=steps,
            others={"yours, in training": mine.curves["loss"], "PyTorch, in training": twin.curves["loss"]},
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
        return [gap, right]

    return SameSeed(
        name=name,
        task=task,
        points=points,
        hint=hint,
        title="Evaluation with the running statistics, while a small network learns",
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
                title="How much gradient comes through both layers",
                caption="The norm of the gradient that the first layer's backward pass returns for its input, at each "
                "step. Too much of it and the weights before it run away; too little and they hardly learn.",
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
    pictures: Callable[[Run, Run], list[Picture]] | None = None,
) -> Case:
    def mine(solution: Solution, draw: torch.Generator) -> Run:
        return _run(scene, choose(solution), compared, draw)

    def twin(_mine: Run, draw: torch.Generator) -> Run:
        return _run(scene, PYTORCHS, compared, draw)

    return Case(mine=mine, twin=twin, pictures=pictures) if pictures else Case(mine=mine, twin=twin)


def _run(scene: Scene, passes: Passes, compared: Sequence[str], draw: torch.Generator) -> Run:
    """Train in float64; note of every layer what is compared, at each step and now and then in evaluation."""
    labelled, chain = clusters(draw, features=scene.chain.features), scene.chain
    params = chain.start(draw, torch.float64)
    params[0][1] += scene.offset
    channels = [shape[0] for shape in chain.shapes[:-1]]
    layers = [
        BatchNorm(passes, new(count, torch.float64) if scene.begins_new else used(count, draw), scene.settings)
        for count in channels
    ]
    sizes = [scene.sizes[step % len(scene.sizes)] for step in range(STEPS)]
    drawn = batches(len(labelled.y_train), max(sizes), STEPS, draw)
    rows = [row[:size] for row, size in zip(drawn, sizes, strict=True)]
    learnt = descend(chain, params, layers, [(labelled.x_train[row], labelled.y_train[row]) for row in rows], RATE)
    run = Run()
    for step, (loss, now) in enumerate(learnt):
        state = {"loss": loss, **_noted(layers, compared)}
        if step % LOOK_EVERY == 0:
            for words, count in ((" in evaluation", len(labelled.y_test)), (" for a single sample", 1)):
                with _in_evaluation(layers):
                    labels = labelled.y_test[:count]
                    chain.gradients(now, layers, labelled.x_test[:count], lambda out, to=labels: cross_entropy(out, to))
                state |= _noted(layers, compared, words)
        run.states.append(state)
        run.note("running variance", float(layers[0].running_var.mean()))
    return run
