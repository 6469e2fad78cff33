"""The comparison of a dropout: parity in float64 under the student's own masks, and a same-seed curve in float32.

Each task is compared by itself: the way back of the student's forward pass is PyTorch's, and so are the masks of the
student's backward pass. That masks are drawn as they should be is for `dropout_ensemble`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from grader.comparison import drawing
from grader.comparison.case import Case
from grader.comparison.experiments.dropping import (
    PYTORCHS,
    Dropout,
    Passes,
    under_masks,
    with_students_backward,
    with_students_forward,
)
from grader.comparison.experiments.layer_runs import CURVE_STEPS, STEPS, Beginning, curve_run, parity_run
from grader.comparison.experiments.layers import Chain, linear
from grader.comparison.finding import World
from grader.comparison.parity import Parity
from grader.comparison.problems import batches, clusters, data_of
from grader.comparison.run import Run
from grader.comparison.same_seed import SameSeed
from grader.domain.picture import Picture
from grader.judge.suite import Solution

BATCH = 32
_FORWARD = ("mask", "out")
_BACKWARD = ("grad_x",)
_LOOKS = {"": 64}


@dataclass(frozen=True)
class Scene:
    """What a parity run is made with: the p of each layer, and how many steps in a row are given the same seed."""

    rates: tuple[float, float]
    steps: int = STEPS
    seed_lasts: int = 1


def network(features: int, hidden: int, maps: tuple[int, int, int], classes: int) -> Chain:
    """Return a network whose first dropout meets vectors of `hidden` units and the second images of the shape `maps`.

    All may have a leading dimension of runs side by side.
    """
    pixels = maps[0] * maps[1] * maps[2]
    return Chain(
        features,
        (
            lambda x, weight, bias: linear(x, weight, bias).relu(),
            lambda x, weight, bias: linear(x, weight, bias).relu().view(*x.shape[:-1], *maps),
            lambda x, weight, bias: linear(x.flatten(-3), weight, bias),
        ),
        ((hidden, features), (pixels, hidden), (classes, pixels)),
    )


def forward_parity(*, name: str, task: str, points: float, hint: str, scenes: Mapping[str, Scene]) -> Parity:
    """Return the float64 comparison of the forward pass, each scene by words that say what is trained.

    The loss of the first one is drawn.
    """

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        return [
            drawing.curves(
                name,
                task,
                name="loss",
                title="Training under your masks",
                caption="The loss of each batch, yours and PyTorch's, where PyTorch is given the masks that you drew: "
                "the two are one line.",
                mine=mine.curves["loss"],
                twin=twin.curves["loss"],
                x=range(1, len(twin.states) + 1),
            )
        ]

    cases = {words: _forward_case(scene) for words, scene in scenes.items()}
    first = next(iter(scenes))
    cases[first] = _forward_case(scenes[first], pictures)
    return Parity(name=name, task=task, function="dropout_forward", points=points, hint=hint, cases=cases)


def backward_parity(*, name: str, task: str, points: float, hint: str, scenes: Mapping[str, Scene]) -> Parity:
    """Return the float64 comparison of the backward pass, each scene by words that say what is trained."""
    cases = {words: _backward_case(scene) for words, scene in scenes.items()}
    return Parity(name=name, task=task, function="dropout_backward", points=points, hint=hint, cases=cases)


def backward_curve(*, name: str, task: str, points: float, hint: str, p: float) -> SameSeed:
    """Return the float32 comparison of training with the gradients of the backward pass."""

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        steps = range(1, CURVE_STEPS + 1)
        evaluation = drawing.curves(
            name,
            task,
            name="both-modes",
            title="Training and evaluation",
            caption="The loss of each batch with units missing, and that of unseen data with all of them at work: the "
            "whole network does better than the thinned ones that it is made of.",
            mine=mine.curves["evaluation loss"],
            twin=twin.curves["evaluation loss"],
            x=steps,
            others={"yours, in training": mine.curves["loss"], "PyTorch's, in training": twin.curves["loss"]},
        )
        gradient = drawing.curves(
            name,
            task,
            name="gradient",
            title="The gradient that comes through both layers",
            caption="The norm of what dropout_backward returns for the first layer, at each step: a scale that is "
            "wrong shows at once, and twice over, since two layers apply it.",
            mine=mine.curves["gradient"],
            twin=twin.curves["gradient"],
            x=steps,
            y_label="norm of grad_x",
        )
        return [evaluation, gradient]

    return SameSeed(
        name=name,
        task=task,
        points=points,
        hint=hint,
        title="Training a small network with dropout_backward",
        mine=lambda solution, world, draw: _curve(world, with_students_backward(solution), draw, p),
        twin=lambda world, draw: _curve(world, PYTORCHS, draw, p),
        pictures=pictures,
    )


def _forward_case(scene: Scene, pictures: Callable[[Run, Run], list[Picture]] = lambda _mine, _twin: []) -> Case:
    def mine(solution: Solution, draw: torch.Generator) -> Run:
        return _parity(scene, [with_students_forward(solution)] * 2, draw, _FORWARD)

    def twin(mine: Run, draw: torch.Generator) -> Run:
        told = ([state[f"layer {number}'s mask"] for state in mine.states] for number in (1, 2))
        return _parity(scene, [under_masks(masks) for masks in told], draw, _FORWARD)

    return Case(mine=mine, twin=twin, pictures=pictures)


def _backward_case(scene: Scene) -> Case:
    return Case(
        mine=lambda solution, draw: _parity(scene, [with_students_backward(solution)] * 2, draw, _BACKWARD),
        twin=lambda _mine, draw: _parity(scene, [PYTORCHS] * 2, draw, _BACKWARD),
    )


def _parity(scene: Scene, passes: Sequence[Passes], draw: torch.Generator, compared: Sequence[str]) -> Run:
    labelled = clusters(draw)
    chain = network(labelled.x_train.shape[1], 12, (2, 2, 3), labelled.classes)
    params = chain.start(draw, torch.float64)
    layers = [
        Dropout(each, p, _seeds(draw, scene.steps, scene.seed_lasts))
        for each, p in zip(passes, scene.rates, strict=True)
    ]
    rows = batches(len(labelled.y_train), BATCH, scene.steps, draw)
    return parity_run(Beginning(chain, params, layers, labelled, rows), compared, _LOOKS)


def _curve(world: World, passes: Passes, draw: torch.Generator, p: float) -> Run:
    labelled = data_of(world, draw).to(world.device, torch.float32)
    chain = network(labelled.x_train.shape[1], 32, (2, 4, 6), labelled.classes)
    params = chain.start(draw, torch.float32, world.device)
    layers = [Dropout(passes, p, _seeds(draw, CURVE_STEPS)) for _ in range(2)]
    rows = batches(len(labelled.y_train), BATCH, CURVE_STEPS, draw)
    return curve_run(Beginning(chain, params, layers, labelled, rows), evaluates=True)


def _seeds(draw: torch.Generator, steps: int, lasts: int = 1) -> Iterator[int]:
    """Return a seed for each step, the same one for so many steps in a row."""
    drawn = torch.randint(2**31 - 1, (-(-steps // lasts),), generator=draw).tolist()
    return (seed for seed in drawn for _ in range(lasts))
