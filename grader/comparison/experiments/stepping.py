"""Training with an optimizer step: the judge owns data, model, loss and gradients, and asks for each update."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import torch

from grader.comparison.networks import Params
from grader.comparison.run import Run
from grader.judge.optimizers import Rule, arguments
from grader.judge.suite import CARRIED, Solution

LOOK_EVERY = 10
"""After so many steps the accuracy on unseen data is noted, where somebody wants to see it."""


class Objective(Protocol):
    """Something to be minimised."""

    @property
    def names(self) -> Sequence[str]: ...

    @property
    def params(self) -> Params:
        """Where to start."""
        ...

    def at(self, params: Params, step: int) -> tuple[float, Params]:
        """Return the loss at a step, from 0, and the gradients."""
        ...


class Stepper(Protocol):
    """An optimizer that holds parameters and their state."""

    def step(self, grads: Params, number: int, settings: Mapping[str, Any]) -> Params:
        """Take step `number`, from 1, with these settings; return the new parameters."""
        ...


class StudentsSteps:
    """The student's step function: one exchange per step moves all parameters on."""

    def __init__(self, rule: Rule, solution: Solution, params: Params, *, whole: bool) -> None:
        """With `whole` the state crosses at each step too, and is held to its form."""
        self._rule, self._device, self._whole = rule, params[0].device, whole
        carried = [(param, *(torch.zeros_like(param) for _ in rule.state)) for param in params]
        self._drive = getattr(solution, rule.function).drive(carried)
        self._places = (CARRIED, *(CARRIED for _ in rule.state))

    def step(self, grads: Params, number: int, settings: Mapping[str, Any]) -> Params:
        calls = [arguments(self._rule, self._places, grad, number) for grad in grads]
        results = self._drive.step(calls, dict(settings), whole=self._whole)
        firsts = [result[0] if isinstance(result, tuple) else result for result in results]
        return [first.to(self._device) for first in firsts]


class PytorchsSteps:
    """PyTorch's own optimizer for the same rule."""

    def __init__(self, rule: Rule, params: Params, settings: Mapping[str, Any]) -> None:
        self._params = [param.detach().clone().requires_grad_() for param in params]
        options = {**rule.twin_options, **settings}
        self._optimizer = rule.optimizer(self._params, foreach=False, **options)  # type: ignore[call-arg]

    def step(self, grads: Params, number: int, settings: Mapping[str, Any]) -> Params:  # noqa: ARG002 - it counts itself
        self._optimizer.param_groups[0].update(settings)
        for param, grad in zip(self._params, grads, strict=True):
            param.grad = grad
        self._optimizer.step()
        return [param.detach().clone() for param in self._params]


def descend(
    objective: Objective,
    stepper: Stepper,
    settings: Sequence[Mapping[str, Any]],
    *,
    accuracy_of: Callable[[Params], float] | None = None,
) -> Run:
    """Take one step per item of `settings` and return the run: theta after each step, loss before it.

    What `accuracy_of` says of the parameters becomes the curve "accuracy".
    """
    run, params = Run(), objective.params
    for step, now in enumerate(settings):
        loss, grads = objective.at(params, step)
        run.note("loss", loss)
        if accuracy_of is not None and step % LOOK_EVERY == 0:
            run.note("accuracy", accuracy_of(params))
        params = stepper.step(grads, step + 1, now)
        run.add({f"theta/{name}": param for name, param in zip(objective.names, params, strict=True)})
    return run


def same_settings(steps: int, **settings: Any) -> list[dict[str, Any]]:
    """Return the same settings for each step."""
    return [settings] * steps


def changed_rate(steps: int, at: int, factor: float, **settings: Any) -> list[dict[str, Any]]:
    """Return settings whose `lr` is multiplied by a factor from a step, counted from 0, on."""
    later = settings | {"lr": settings["lr"] * factor}
    return [settings if step < at else later for step in range(steps)]
