"""The comparison of a dropout's masks: how networks fare that are trained with them, beside PyTorch's own dropout.

Masks that are no coins, one for each element, make themselves felt: networks learn worse, or better, than they should,
and the share of what is kept strays from 1 - p, or does not stray as much as chance makes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from grader.comparison.ensemble import Ensemble, Look, Sample
from grader.comparison.experiments.dropout import BATCH, network
from grader.comparison.experiments.dropping import masked
from grader.comparison.experiments.layer_runs import RATE, evaluating
from grader.comparison.experiments.layers import cross_entropy, descend
from grader.comparison.finding import World
from grader.comparison.networks import Params
from grader.comparison.problems import batches, data_of
from grader.judge.suite import Solution, Step

STEPS = 60
LOOK_EVERY = 10
LOOKED_AT = 128
"""The unseen samples that are looked at in evaluation."""

_HIDDEN = (32, (2, 4, 6))
"""The vectors and the images that the dropouts meet."""

STATISTICS = (
    "mean log loss in training",
    "mean log loss in evaluation",
    "share of what is kept",
    "log spread of that share from batch to batch",
    "likeness of one batch's mask to the last one's",
)

_NO_SPREAD = 1e-12
"""Below what chance leaves, and above zero, which has no logarithm."""

Forward = Callable[[Tensor, float, bool], tuple[Tensor, Tensor]]
"""What drops in several runs at once: from x (runs, ...), p and `training` to out and the mask."""


class Dropouts:
    """A layer of several runs side by side, each with a mask of its own."""

    def __init__(self, forward: Forward, p: float) -> None:
        self.training = True
        self.masks: list[Tensor] = []
        """Those of each pass in training, (runs, ...)."""
        self._forward, self._p = forward, p

    def forward(self, x: Tensor) -> Tensor:
        out, self._mask = self._forward(x, self._p, self.training)
        if self.training:
            self.masks.append(self._mask)
        return out

    def backward(self, grad_out: Tensor) -> Tensor:
        self.grad_x = masked(grad_out, self._mask, self._p)
        return self.grad_x

    def descend(self, rate: float) -> None:
        """Do nothing: the layer has no parameters."""


def ensemble(*, name: str, task: str, points: float, hint: str, p: float) -> Ensemble:
    """Return the comparison of networks that drop with probability p."""

    def mine(solution: Solution, world: World, problems: Sequence[int], draw: torch.Generator) -> Sample:
        return _trained([_problem(world, number) for number in problems], p, _students(solution, draw))

    def reference(world: World, problem: int, runs: int, draw: torch.Generator) -> Sample:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(int(torch.randint(2**31, (), generator=draw)))
            return _trained([_problem(world, problem)] * runs, p, _pytorchs)

    looks = {
        "loss": Look(
            title="Training with units missing",
            caption="The loss of each batch in training.",
            x=range(1, STEPS + 1),
        ),
        "evaluation loss": Look(
            title="Evaluation with all units at work",
            caption=f"The loss on unseen data in evaluation, every {LOOK_EVERY} steps.",
            x=range(LOOK_EVERY, STEPS + 1, LOOK_EVERY),
        ),
    }
    return Ensemble(
        name=name,
        task=task,
        points=points,
        hint=hint,
        statistics=STATISTICS,
        mine=mine,
        reference=reference,
        looks=looks,
    )


@dataclass(frozen=True)
class _Problem:
    """One network with what it learns from: batches (steps, N, features), and unseen data to look at."""

    params: list[Params]
    x: Tensor
    y: Tensor
    x_test: Tensor
    y_test: Tensor


def _problem(world: World, number: int) -> _Problem:
    draw = torch.Generator().manual_seed(number)
    labelled = data_of(world, draw).to(world.device, torch.float32)
    chain = network(labelled.x_train.shape[1], *_HIDDEN, labelled.classes)
    rows = torch.stack(batches(len(labelled.y_train), BATCH, STEPS, draw))
    return _Problem(
        chain.start(draw, torch.float32, world.device),
        labelled.x_train[rows],
        labelled.y_train[rows],
        labelled.x_test[:LOOKED_AT],
        labelled.y_test[:LOOKED_AT],
    )


def _trained(problems: Sequence[_Problem], p: float, forward: Forward) -> Sample:
    """Train a network on each problem, all side by side, and look at them in evaluation now and then."""
    first = problems[0]
    chain = network(first.x.shape[-1], *_HIDDEN, first.params[-1][1].numel())
    params = [
        [torch.stack(tensors) for tensors in zip(*pieces, strict=True)]
        for pieces in zip(*(problem.params for problem in problems), strict=True)
    ]
    x, y = (torch.stack(parts, 1) for parts in zip(*((one.x, one.y) for one in problems), strict=True))
    x_test, y_test = (torch.stack(parts) for parts in zip(*((one.x_test, one.y_test) for one in problems), strict=True))
    layers = [Dropouts(forward, p) for _ in range(2)]
    losses, looks = [], []
    for step, (loss, now) in enumerate(descend(chain, params, layers, zip(x, y, strict=True), RATE), 1):
        losses.append(loss)
        if step % LOOK_EVERY == 0:
            with evaluating(layers):
                looks.append(cross_entropy(chain.outputs(now, layers, x_test), y_test))
    curves = {"loss": torch.stack(losses, 1), "evaluation loss": torch.stack(looks, 1)}
    training, evaluation = (curve.double().log() for curve in curves.values())
    drawn = torch.stack([_seen(torch.stack(layer.masks), p) for layer in layers]).mean(0)
    return Sample(torch.stack([training.mean(1), evaluation.mean(1), *drawn], 1), curves)


def _seen(masks: Tensor, p: float) -> Tensor:
    """Return what the masks (steps, runs, ...) of a layer show of chance: the last three statistics, each (runs,)."""
    shares = masks.flatten(2).double().mean(2)
    spread = (shares - (1 - p)).square().mean(0).clamp(min=_NO_SPREAD).log()
    likeness = (masks[1:] == masks[:-1]).flatten(2).double().mean((0, 2))
    return torch.stack([shares.mean(0), spread, likeness])


def _students(solution: Solution, draw: torch.Generator) -> Forward:
    """Return the student's dropout, asked for all runs in one exchange, each time with new seeds."""

    def forward(x: Tensor, p: float, training: bool) -> tuple[Tensor, Tensor]:
        seeds = torch.randint(2**31 - 1, (len(x),), generator=draw).tolist()
        calls = [Step((run, p), {"training": training, "seed": seed}) for run, seed in zip(x, seeds, strict=True)]
        outs, masks = zip(*solution.dropout_forward.many(calls), strict=True)
        return torch.stack(outs).to(x.device), torch.stack(masks).to(x.device)

    return forward


def _pytorchs(x: Tensor, p: float, training: bool) -> tuple[Tensor, Tensor]:
    scale = functional.dropout(torch.ones(x.shape, dtype=x.dtype), p, training).to(x.device)
    return x * scale, scale != 0
