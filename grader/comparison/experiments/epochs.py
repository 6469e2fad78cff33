"""Training epoch by epoch at learning rates that somebody else decides: the judge's own network under PyTorch's SGD."""

from __future__ import annotations

import math

import torch

from grader.comparison.networks import Mlp
from grader.comparison.problems import Fitting, Labelled, batches
from grader.comparison.run import Run


class Epochs:
    """A network in training. `run` has its curves: "loss" before each step, and after each epoch "training loss" (the
    mean over its steps), "unseen loss" and "accuracy".

    With `undone_above`, an epoch that ends with a larger unseen loss, or one that is no number, is undone: the weights
    are again those before it, and its unseen loss and accuracy are NaN.
    """

    def __init__(
        self,
        network: Mlp,
        labelled: Labelled,
        draw: torch.Generator,
        *,
        epochs: int,
        steps: int,
        batch_size: int = 16,
        undone_above: float | None = None,
    ) -> None:
        """`steps` batches make an epoch. Weights have the dtype and the device of the data."""
        x = labelled.x_train
        rows = batches(len(x), batch_size, epochs * steps, draw)
        self._problem = Fitting(network, labelled, rows, network.start(draw, x.dtype, x.device))
        self._params = [param.requires_grad_() for param in self._problem.params]
        self._optimizer = torch.optim.SGD(self._params, lr=0.0, foreach=False)
        self._steps, self._taken, self._undone_above = steps, 0, undone_above
        self.run = Run()

    def train(self, rate: float) -> tuple[float, float]:
        """Train for one epoch at a learning rate, whatever number it is; return loss and accuracy on unseen data."""
        self._optimizer.param_groups[0]["lr"] = _as_factor(rate, self._params[0].dtype)
        before = [param.detach().clone() for param in self._params]
        losses = [self._step() for _ in range(self._steps)]
        unseen, accuracy = self._problem.looked_at(self._params)
        if self._undone_above is not None and not unseen <= self._undone_above:
            unseen = accuracy = math.nan
            for param, was in zip(self._params, before, strict=True):
                param.data.copy_(was)
        self.run.note("training loss", sum(losses) / len(losses))
        self.run.note("unseen loss", unseen)
        self.run.note("accuracy", accuracy)
        return unseen, accuracy

    def _step(self) -> float:
        loss, grads = self._problem.at(self._params, self._taken)
        for param, grad in zip(self._params, grads, strict=True):
            param.grad = grad
        self._optimizer.step()
        self.run.note("loss", loss)
        self._taken += 1
        return loss


def _as_factor(rate: float, dtype: torch.dtype) -> float:
    """Return a rate that torch multiplies with: one that the dtype cannot hold becomes infinite."""
    return rate if math.isnan(rate) or abs(rate) <= torch.finfo(dtype).max else math.copysign(math.inf, rate)
