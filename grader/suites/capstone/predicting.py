"""Predicting: the logits of `predict` beside those of the judge's network, in float64, on networks that have learnt."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from grader.comparison import drawing
from grader.comparison.case import Case
from grader.comparison.parity import Parity
from grader.comparison.run import Run
from grader.domain.picture import Picture
from grader.judge.faults import SolutionFault
from grader.judge.suite import Solution, Step
from grader.suites.capstone import network
from grader.suites.capstone.network import Problem, State

SETTINGS: dict[str, Any] = {"num_epochs": 5, "batch_size": 40, "lr": 0.01}
SURE = "share right"
EDGES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Between these probabilities samples are counted together."""

Asked = list[tuple[State, Tensor]]
"""States and inputs, in float64."""


def predicting(*, name: str, task: str, points: float, hint: str) -> Parity:
    """Return the comparison of logits: networks that PyTorch trained, one with idle units, the student's own."""

    def pictures(mine: Run, twin: Run) -> list[Picture]:
        middles = [(low + high) / 2 for low, high in pairwise(EDGES)]
        return [
            drawing.curves(
                name,
                task,
                name="sureness",
                title="How sure your network is, and how often it is right",
                caption="Unseen pictures, by the probability that your network gives to the most likely class, and the "
                "share of them that it gets right: by your predict, and by PyTorch's layers. Above the third line it "
                "is too modest, below it is too sure of itself.",
                mine=mine.curves[SURE],
                twin=twin.curves[SURE],
                x=middles,
                x_label="probability of the most likely class",
                y_label=SURE,
                log_y=False,
                others={"as right as it is sure": middles},
            )
        ]

    cases = {
        "Networks that PyTorch trained": _case(_trained),
        "A network with units that never fire": _case(_idle),
        "The network that your train returns": Case(mine=_own, twin=_own_again, pictures=pictures),
    }
    return Parity(name=name, task=task, function="predict", points=points, hint=hint, cases=cases, unit="network")


def _case(made: Callable[[torch.Generator], Asked]) -> Case:
    def mine(solution: Solution, draw: torch.Generator) -> Run:
        return _run(_predicted(solution, made(draw)))

    def twin(_mine: Run, draw: torch.Generator) -> Run:
        return _run([network.logits_of(state, x) for state, x in made(draw)])

    return Case(mine=mine, twin=twin)


def _trained(draw: torch.Generator) -> Asked:
    """Return two networks, and a single row for the second of them as well."""
    problem = _pictures(draw)
    states = [
        _double(network.twin_of(problem, **{**SETTINGS, "num_epochs": num_epochs}, draw=draw)) for num_epochs in (1, 3)
    ]
    x = problem.x_unseen.double()
    return [(states[0], x[:64]), (states[1], x[:64]), (states[1], x[:1])]


def _idle(draw: torch.Generator) -> Asked:
    """Return a network some of whose units gave nothing but zeros in training, so that their variance is zero."""
    problem = _pictures(draw)
    state = _double(network.twin_of(problem, **SETTINGS, draw=draw))
    for number in (1, 2):
        state[f"fc{number}.bias"][:5] = -100.0
        state[f"bn{number}.running_mean"][:5] = 0.0
        state[f"bn{number}.running_var"][:5] = 0.0
    return [(state, problem.x_unseen[:64].double())]


def _own(solution: Solution, draw: torch.Generator) -> Run:
    """Ask what the student's own network says. It goes along in the run, for the twin to be held against."""
    problem = _pictures(draw)
    seed = int(torch.randint(2**31, (), generator=draw))
    try:
        state = solution.train(problem.x_train, problem.y_train, **SETTINGS, seed=seed)
    except SolutionFault:  # each task is judged by itself, and this one is about another function
        state = network.twin_of(problem, **SETTINGS, draw=draw)
    asked = _double(state)
    run = _run(_predicted(solution, [(asked, problem.x_unseen.double())]), problem.y_unseen)
    run.states[0] |= asked
    return run


def _own_again(mine: Run, draw: torch.Generator) -> Run:
    problem = _pictures(draw)
    state = {name: value for name, value in mine.states[0].items() if name != "logits"}
    return _run([network.logits_of(state, problem.x_unseen)], problem.y_unseen)


def _pictures(draw: torch.Generator) -> Problem:
    return network.images(draw, train=200, unseen=600)


def _double(state: State) -> State:
    return {name: value.double() for name, value in state.items() if value.is_floating_point()}


def _predicted(solution: Solution, asked: Asked) -> list[Tensor]:
    found: list[Tensor] = solution.predict.many([Step((state, x), {}) for state, x in asked])
    return found


def _run(logits: Sequence[Tensor], labels: Tensor | None = None) -> Run:
    """Return a state for each network; with labels also, for each range of probabilities, the share that is right."""
    run = Run([{"logits": found} for found in logits])
    if labels is not None:
        probabilities, guesses = logits[0].softmax(1).max(1)
        for low, high in pairwise(EDGES):
            right = (guesses == labels)[(probabilities > low) & (probabilities <= high)]
            run.note(SURE, float(right.double().mean()) if len(right) >= _ENOUGH else math.nan)
    return run


_ENOUGH = 5
"""Of fewer samples the share that is right says nothing."""
