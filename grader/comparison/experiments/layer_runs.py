"""Runs of a network with layers inside: what a comparison looks at in float64, and the curves that it draws."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from torch import Tensor

from grader.comparison.experiments.layers import Chain, Layer, cross_entropy, descend
from grader.comparison.networks import Params, accuracy
from grader.comparison.problems import Labelled
from grader.comparison.run import Run

STEPS = 25
"""Of a parity run."""
LOOK_EVERY = 8
"""After so many of them, and after the first, the layers are used in evaluation."""
CURVE_STEPS = 60
"""Of a run whose curves are drawn."""
RATE = 0.1
LOOKED_AT = 96
"""The unseen samples behind each point of a curve. Few: what a layer keeps for its way back may come as plain lists,
and of numbers on their own the wire takes only so many."""


@dataclass(frozen=True)
class Beginning:
    """What a run begins with; `rows` are those of each batch."""

    chain: Chain
    params: list[Params]
    layers: Sequence[Layer]
    labelled: Labelled
    rows: Sequence[Tensor]

    def steps(self) -> Iterator[tuple[Tensor, list[Params]]]:
        """Train; yield the loss before each step and the parameters after it."""
        known = self.labelled
        batches = [(known.x_train[row], known.y_train[row]) for row in self.rows]
        return descend(self.chain, self.params, self.layers, batches, RATE)


def parity_run(begins: Beginning, compared: Sequence[str], looks: Mapping[str, int]) -> Run:
    """Train, and note at each step the loss and those attributes of every layer that are compared.

    `looks` are those in evaluation: words for it, and the number of unseen samples. Where gradients are compared, these
    go back as well.
    """
    run, known = Run(), begins.labelled
    for step, (loss, params) in enumerate(begins.steps()):
        state = _shown(begins.layers, compared) | {"loss": loss}
        for words, count in looks.items() if step % LOOK_EVERY == 0 else ():
            with evaluating(begins.layers):
                if "grad_x" in compared:
                    loss_of = partial(cross_entropy, labels=known.y_test[:count])
                    begins.chain.gradients(params, begins.layers, known.x_test[:count], loss_of)
                else:
                    begins.chain.outputs(params, begins.layers, known.x_test[:count])
            state |= _shown(begins.layers, compared, f" in evaluation{words}")
        run.add(state)
        run.note("loss", float(loss))
    return run


def curve_run(begins: Beginning, *, evaluates: bool) -> Run:
    """Train, and note the curves "loss" and "gradient": the norm of what the first layer lets through on the way back.

    With `evaluates` also "evaluation loss" and "accuracy" on unseen data, after each step.
    """
    run, known = Run(), begins.labelled
    for loss, params in begins.steps():
        run.note("loss", float(loss))
        run.note("gradient", float(begins.layers[0].grad_x.norm()))
        if evaluates:
            with evaluating(begins.layers):
                logits = begins.chain.outputs(params, begins.layers, known.x_test[:LOOKED_AT])
            run.note("evaluation loss", float(cross_entropy(logits, known.y_test[:LOOKED_AT])))
            run.note("accuracy", accuracy(logits, known.y_test[:LOOKED_AT]))
    return run


@contextlib.contextmanager
def evaluating(layers: Sequence[Layer]) -> Iterator[None]:
    """Use layers in evaluation for a while."""
    for layer in layers:
        layer.training = False
    yield
    for layer in layers:
        layer.training = True


def _shown(layers: Sequence[Layer], names: Sequence[str], words: str = "") -> dict[str, Tensor]:
    return {
        f"layer {number}'s {name}{words}": getattr(layer, name)
        for number, layer in enumerate(layers, 1)
        for name in names
    }
