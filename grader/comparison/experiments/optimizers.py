"""The comparison of an optimizer step: parity in float64, a path over a valley, and the same-seed curve in float32."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from grader.comparison import drawing
from grader.comparison.case import Case
from grader.comparison.experiments.stepping import (
    LOOK_EVERY,
    PytorchsSteps,
    Stepper,
    StudentsSteps,
    changed_rate,
    descend,
    same_settings,
)
from grader.comparison.finding import World
from grader.comparison.networks import Mlp
from grader.comparison.parity import Parity
from grader.comparison.problems import Fitting, Valley, batches, clusters, data_of
from grader.comparison.run import Run
from grader.comparison.same_seed import SameSeed
from grader.domain.picture import Picture
from grader.judge.optimizers import Rule
from grader.judge.suite import Solution

STEPS = 25
"""Of each parity run of a network; the learning rate changes after half of them."""
CURVE_STEPS = 60
PATH_STEPS = 40

PATH = "Mend what the checks of this task name first; with the right step the whole path is PyTorch's."
CURVE = "The curve goes wrong wherever a single step does: look at this task's other checks first."
"""The hints of both comparisons, where a suite has nothing to add."""

Settings = Mapping[str, Any]
_PARITY_NETWORK = Mlp((6, 10, 4))


def parity(
    rule: Rule,
    *,
    name: str,
    task: str,
    points: float,
    hint: str,
    plain: Settings,
    unusual: Settings,
    valley: Valley,
    valley_settings: Settings,
) -> Parity:
    """Return the float64 comparison: a tanh network with two settings, lr changed on the way, and a path through a
    valley, which is drawn."""
    halved = STEPS // 2
    networks = {
        f"A tanh network, lr changed after step {halved}": changed_rate(STEPS, halved, 0.3, **plain),
        f"A tanh network with unusual settings, lr changed after step {halved}": changed_rate(
            STEPS, halved, 2.5, **unusual
        ),
    }
    cases = {words: _network_case(rule, settings) for words, settings in networks.items()}
    cases[f"{valley.words[0].upper()}{valley.words[1:]}"] = _valley_case(rule, valley, valley_settings, name, task)
    return Parity(name=name, task=task, function=rule.function, points=points, hint=hint, cases=cases)


def curve(rule: Rule, *, name: str, task: str, points: float, hint: str, settings: Settings) -> SameSeed:
    """Return the float32 comparison on the worker's device, on the exercise's data, with its accuracy drawn."""

    def objective(world: World, draw: torch.Generator) -> Fitting:
        labelled = data_of(world, draw).to(world.device, torch.float32)
        network = Mlp((labelled.x_train.shape[1], 32, labelled.classes))
        rows = batches(len(labelled.y_train), 64, CURVE_STEPS, draw)
        return Fitting(network, labelled, rows, network.start(draw, torch.float32, world.device))

    def train(problem: Fitting, steps: Stepper) -> Run:
        each = same_settings(CURVE_STEPS, **settings)
        return descend(problem, steps, each, accuracy_of=lambda params: problem.looked_at(params)[1])

    def mine(solution: Solution, world: World, draw: torch.Generator) -> Run:
        problem = objective(world, draw)
        steps = StudentsSteps(rule, solution, problem.params, whole=False)
        return train(problem, steps)

    def twin(world: World, draw: torch.Generator) -> Run:
        problem = objective(world, draw)
        steps = PytorchsSteps(rule, problem.params, settings)
        return train(problem, steps)

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        return [
            drawing.curves(
                name,
                task,
                name="accuracy",
                title="Accuracy on unseen data",
                caption=f"The share of unseen samples that the network gets right, every {LOOK_EVERY} steps.",
                mine=mine.curves["accuracy"],
                twin=twin.curves["accuracy"],
                x=range(0, CURVE_STEPS, LOOK_EVERY),
                y_label="accuracy",
                log_y=False,
            )
        ]

    title = f"Training a small network with {rule.function}"
    return SameSeed(
        name=name, task=task, points=points, hint=hint, title=title, mine=mine, twin=twin, pictures=pictures
    )


def _network_case(rule: Rule, settings: list[dict[str, Any]]) -> Case:
    def objective(draw: torch.Generator) -> Fitting:
        labelled = clusters(draw)
        rows = batches(len(labelled.y_train), 32, len(settings), draw)
        return Fitting(_PARITY_NETWORK, labelled, rows, _PARITY_NETWORK.start(draw, torch.float64))

    def mine(solution: Solution, draw: torch.Generator) -> Run:
        problem = objective(draw)
        return descend(problem, StudentsSteps(rule, solution, problem.params, whole=True), settings)

    def twin(_mine: Run, draw: torch.Generator) -> Run:
        problem = objective(draw)
        return descend(problem, PytorchsSteps(rule, problem.params, settings[0]), settings)

    return Case(mine=mine, twin=twin)


def _valley_case(rule: Rule, valley: Valley, settings: Settings, name: str, task: str) -> Case:
    each = same_settings(PATH_STEPS, **settings)

    def mine(solution: Solution, _draw: torch.Generator) -> Run:
        return descend(valley, StudentsSteps(rule, solution, valley.params, whole=True), each)

    def twin(_mine: Run, _draw: torch.Generator) -> Run:
        return descend(valley, PytorchsSteps(rule, valley.params, settings), each)

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        return [
            drawing.trajectories(
                name,
                task,
                name="path",
                title=f"{PATH_STEPS} steps through {valley.words}",
                caption=f"From the same start with {_told(settings)}: where each step leads, yours and PyTorch's.",
                heights=valley.heights,
                x=valley.x,
                y=valley.y,
                mine=[valley.begins, *mine.path("theta/point")],
                twin=[valley.begins, *twin.path("theta/point")],
            )
        ]

    return Case(mine=mine, twin=twin, pictures=pictures)


def _told(settings: Settings) -> str:
    return ", ".join(f"{name}={value}" for name, value in settings.items())
