"""For hidden suites of optimizer steps: a student's function beside the PyTorch optimizer whose steps it repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from grader.judge import expect
from grader.judge.suite import CARRIED, Solution, Step

# Why 1e-9: a float64 step rounds about 12 times at 1.1e-16, so 25 steps of correct but reordered arithmetic stay
# below 4e-14 (observed: 1e-16 to 1e-15). Arithmetic in float32 shows at 6e-8, the weakest real bug at 2e-3.
FLOAT64 = 1e-9
# The same count for float32: three steps of 12 roundings at 6e-8 are 2e-6; a wrong formula still shows at 2e-3.
FLOAT32 = 1e-5

MEND_TRAJECTORY_FIRST = "If the trajectory fails too, mend that first: it makes this check fail as well. "
"""Opens the hint of a check that a wrong formula breaks along with everything else."""


@dataclass(frozen=True)
class Rule:
    """A function of the exercise and the optimizer whose steps it must repeat."""

    function: str
    optimizer: type[torch.optim.Optimizer]
    state: tuple[str, ...]
    twin_state: tuple[str, ...]
    """What PyTorch calls the state's tensors, in the order of `state`."""
    counts_steps: bool = False
    """Whether the function takes the number of the step after its state."""
    twin_options: Mapping[str, Any] = field(default_factory=dict)
    """Settings that make PyTorch's optimizer this rule, such as `nesterov=True`; those of a call go before them."""

    @property
    def returns(self) -> tuple[str, ...]:
        """The names of the returned tensors."""
        return ("param", *self.state)


class Twin:
    """A PyTorch optimizer with one float64 parameter, set to any state and step."""

    def __init__(self, rule: Rule, param: Tensor, state: Sequence[Tensor], first_step: int, **options: Any) -> None:
        self._rule = rule
        self._param = param.to(torch.float64, copy=True).requires_grad_()
        self._optimizer = rule.optimizer([self._param], foreach=False, **{**rule.twin_options, **options})  # type: ignore[call-arg]
        values = self._optimizer.state[self._param]
        values["step"] = torch.tensor(float(first_step - 1))
        for name, value in zip(rule.twin_state, state, strict=True):
            values[name] = value.to(torch.float64, copy=True)

    def step(self, grad: Tensor, lr: float | None = None) -> tuple[Tensor, ...]:
        """Take one step, with another learning rate from now on if one is given; return param and state."""
        if lr is not None:
            self._optimizer.param_groups[0]["lr"] = lr
        self._param.grad = grad.to(torch.float64)
        self._optimizer.step()
        values = self._optimizer.state[self._param]
        return (self._param.detach().clone(), *(values[name].clone() for name in self._rule.twin_state))


def problem(draw: torch.Generator, shape: tuple[int, ...], *, steps: int) -> tuple[Tensor, list[Tensor]]:
    """Return a float64 parameter of `shape` and one gradient per step, all standard normal."""
    param = torch.randn(shape, generator=draw, dtype=torch.float64)
    return param, [torch.randn(shape, generator=draw, dtype=torch.float64) for _ in range(steps)]


def follow(
    rule: Rule,
    solution: Solution,
    param: Tensor,
    grads: Sequence[Tensor],
    *,
    state: Sequence[Tensor] | None = None,
    first_step: int = 1,
    lrs: Sequence[float] | None = None,
    only: Sequence[str] | None = None,
    rtol: float = FLOAT64,
    **options: Any,
) -> None:
    """Walk along `grads` with the solution and its twin, each on its own results; fail where they first part.

    Starts at the zero state unless `state` is given, at step number `first_step`, with `lrs[i]` at the i-th step if
    given. `only` names the results that are compared; the default is all of them.
    """
    started = tuple(torch.zeros_like(param) for _ in rule.state) if state is None else tuple(state)
    twin = Twin(rule, param, started, first_step, **options)
    places = (CARRIED, *(CARRIED for _ in rule.state))
    rates: Sequence[float | None] = lrs or [None] * len(grads)
    steps = []
    for index, (grad, rate) in enumerate(zip(grads, rates, strict=True)):
        options |= {} if rate is None else {"lr": rate}
        steps.append(Step(arguments(rule, places, grad, first_step + index), dict(options)))
    expected: list[tuple[Tensor, ...]] = []

    def walk_with_the_twin() -> None:
        expected.extend(twin.step(grad, rate) for grad, rate in zip(grads, rates, strict=True))

    walked = getattr(solution, rule.function).walk((param, *started), steps, meanwhile=walk_with_the_twin)
    compared = [place for place, name in enumerate(rule.returns) if only is None or name in only]
    if _plainly_close(walked, expected, compared, rtol):
        return
    told = _told(rule, param, grads, options)
    for number, (got, wanted) in enumerate(zip(walked, expected, strict=True), first_step):
        for place in compared:
            expect.close(got[place], wanted[place], what=f"{told}step {number}, {rule.returns[place]}", rtol=rtol)


def call(
    rule: Rule, solution: Solution, values: Sequence[Tensor], grad: Tensor, step: int, **options: Any
) -> tuple[Tensor, ...]:
    """Call the solution once with param and state `values`; return its new param and state."""
    result: tuple[Tensor, ...] = getattr(solution, rule.function)(*arguments(rule, values, grad, step), **options)
    return result


def arguments(rule: Rule, values: Sequence[Any], grad: Tensor, step: int) -> tuple[Any, ...]:
    """Return the positional arguments of a call, in the order of the exercise's signatures."""
    param, *state = values
    return (param, grad, *state, step) if rule.counts_steps else (param, grad, *state)


def refuses(rule: Rule, solution: Solution, *, step: int = 1, **invalid: Any) -> None:
    """Assert that a call with these settings raises ValueError; any other exception of the solution passes through."""
    ones = torch.ones(2, dtype=torch.float64)
    values = (ones, *(ones for _ in rule.state))
    expect.refuses(getattr(solution, rule.function), *arguments(rule, values, ones, step), **invalid)


def leaves_arguments_alone(rule: Rule, solution: Solution, draw: torch.Generator, **options: Any) -> None:
    """Assert that a call, with and without weight decay, changes no argument and returns memory of its own."""
    for weight_decay in (0.0, 0.1):
        param, grads = problem(draw, (3, 4), steps=1)
        state = tuple(torch.rand((3, 4), generator=draw, dtype=torch.float64) + 0.1 for _ in rule.state)
        given = arguments(rule, (param, *state), grads[0], 2)
        expect.untouched(getattr(solution, rule.function), *given, weight_decay=weight_decay, **options)


def keeps_its_precision(rule: Rule, solution: Solution, draw: torch.Generator, **options: Any) -> None:
    """Assert that float32 is followed to float32's rounding and float64 to float64's, over three steps each."""
    for dtype, rtol in ((torch.float32, FLOAT32), (torch.float64, FLOAT64)):
        param, grads = problem(draw, (2, 3), steps=3)
        follow(rule, solution, param.to(dtype), [grad.to(dtype) for grad in grads], rtol=rtol, **options)


def keeps_any_shape(rule: Rule, solution: Solution, draw: torch.Generator, **options: Any) -> None:
    """Assert that scalars, single, empty, 3-D and non-contiguous tensors are followed for two steps each."""
    for shape in ((), (1,), (0,), (2, 3, 2)):
        param, grads = problem(draw, shape, steps=2)
        follow(rule, solution, param, grads, weight_decay=0.05, **options)
    param, grads = problem(draw, (4, 6), steps=2)
    follow(rule, solution, param.t(), [grad.t() for grad in grads], weight_decay=0.05, **options)
    follow(rule, solution, param[::2, 1::2], [grad[::2, 1::2] for grad in grads], weight_decay=0.05, **options)


def follows_any_gradient_scale(rule: Rule, solution: Solution, draw: torch.Generator, **options: Any) -> None:
    """Assert three steps with gradients of size 1e-8 (where eps matters) and of size 1e+8."""
    for scale in (1e-8, 1e8):
        param, grads = problem(draw, (3, 4), steps=3)
        follow(rule, solution, param, [grad * scale for grad in grads], **options)


def _plainly_close(
    walked: list[tuple[Tensor, ...]], expected: list[tuple[Tensor, ...]], compared: list[int], rtol: float
) -> bool:
    """Return whether `expect.close` would accept every step, by one comparison per tensor instead of one per step."""
    if not expected[0][0].numel():
        return True
    for place in compared:
        got = torch.stack([values[place] for values in walked]).to(torch.float64).reshape(len(walked), -1)
        wanted = torch.stack([values[place] for values in expected]).reshape(len(walked), -1)
        if not bool(((got - wanted).abs().amax(1) <= rtol * wanted.abs().amax(1)).all()):
            return False
    return True


def _told(rule: Rule, param: Tensor, grads: Sequence[Tensor], options: dict[str, Any]) -> str:
    """Return the call in words where it is small enough to be repeated by hand."""
    if param.numel() > 2:
        return ""
    settings = "".join(f", {name}={value}" for name, value in options.items())
    given = ", ".join(str(grad.tolist()) for grad in grads)
    return f"{rule.function} from param={param.tolist()} with gradients {given}{settings}: "
