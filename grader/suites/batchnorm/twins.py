"""PyTorch's batch normalisation in float64, which the two functions are held against, and batches to hold them with."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import batch_norm

from grader.judge import expect
from grader.judge.faults import SolutionFault
from grader.judge.suite import Solution, Step

# Why 1e-9: a channel of n values (24 at most, of size 10 at most) rounds its mean by less than 24 * 10 * 1.1e-16 =
# 3e-14. The worst that can follow is a division by sqrt(eps) = 3e-3, which makes 1e-11 of it (observed: 1e-15 to
# 1e-13). Arithmetic in float32 shows at 6e-8, the weakest real bug at 1e-3.
FLOAT64 = 1e-9
# The same count for float32, where the spread of a channel is 0.5 at least and nothing is divided by less: 24 * 10 *
# 6e-8 / 0.5 = 3e-5. A wrong formula still shows at 1e-3.
FLOAT32 = 1e-4

STATISTICS = ("running_mean", "running_var")
RETURNED = ("out", *STATISTICS)
GRADIENTS = ("grad_x", "grad_weight", "grad_bias")

SPOKEN = {"momentum": 0.1, "eps": 1e-5}
"""The defaults, spoken out: so that a wrong default costs the checks on defaults, and no others."""

MEND_BY_HAND_FIRST = "If the check on numbers by hand fails too, mend that first. "
"""Opens the hint of a check that a wrong formula breaks along with everything else."""


class Layer(NamedTuple):
    """The tensors that `batchnorm_forward` takes, in its order."""

    x: Tensor
    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor

    def to(self, dtype: torch.dtype) -> Layer:
        return Layer(*(value.to(dtype) for value in self))


def layer(draw: torch.Generator, shape: tuple[int, ...]) -> Layer:
    """Return a batch of `shape` whose channels have a mean and a spread of their own, and a layer to send it through.

    Nothing is 0 or 1 by chance: weights lie in [0.5, 2], running variances in [0.5, 1.5], spreads near [0.5, 2].
    """
    channels = shape[1]
    around = (1, channels, *(1 for _ in shape[2:]))
    x = normal(draw, shape) * (0.5 + 1.5 * uniform(draw, channels).view(around)) + 2 * normal(draw, around)
    weight, bias = 0.5 + 1.5 * uniform(draw, channels), normal(draw, (channels,))
    return Layer(x, weight, bias, normal(draw, (channels,)), 0.5 + uniform(draw, channels))


def normal(draw: torch.Generator, shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, generator=draw, dtype=torch.float64)


def uniform(draw: torch.Generator, size: int) -> Tensor:
    return torch.rand(size, generator=draw, dtype=torch.float64)


def by_torch(given: Layer, *, training: bool, momentum: float = 0.1, eps: float = 1e-5) -> tuple[Tensor, ...]:
    """Return `(out, running_mean, running_var)` as PyTorch has them, in float64."""
    x, weight, bias, mean, var = (value.to(torch.float64, copy=True) for value in given)
    out = batch_norm(x, mean, var, weight, bias, training=training, momentum=momentum, eps=eps)
    return out, mean, var


def gradients_by_torch(given: Layer, grad_out: Tensor, *, training: bool, eps: float = 1e-5) -> tuple[Tensor, ...]:
    """Return `(grad_x, grad_weight, grad_bias)` as PyTorch has them, in float64.

    From the operator that its autograd calls: the engine itself has threads, and a judge is forked.
    """
    x, weight, bias, mean, var = (value.to(torch.float64, copy=True) for value in given)
    _, mine, inverse = torch.native_batch_norm(x, weight, bias, mean.clone(), var.clone(), training, 0.1, eps)
    found: tuple[Tensor, ...] = torch.ops.aten.native_batch_norm_backward(
        grad_out.to(torch.float64), x, weight, mean, var, mine, inverse, training, eps, [True, True, True]
    )
    return found


def follow(
    solution: Solution,
    layers: Sequence[Layer],
    *,
    only: Sequence[str] = RETURNED,
    rtol: float = FLOAT64,
    atol: float = 0.0,
    defaults: bool = False,
    **settings: Any,
) -> None:
    """Send each layer's batch forward with the solution and with PyTorch; fail at the first result that differs.

    `only` names the returned values that are compared. With `defaults` what is not among `settings` is left to the
    stub's defaults; otherwise it is given.
    """
    settings = settings if defaults else SPOKEN | settings
    results = solution.batchnorm_forward.many([Step(tuple(given), settings) for given in layers])
    for given, result in zip(layers, results, strict=True):
        for name, got, wanted in zip(RETURNED, result, by_torch(given, **settings), strict=False):
            if name in only:
                expect.close(got, wanted, what=f"{_told(given, settings)}: {name}", rtol=rtol, atol=atol)


def follow_back(
    solution: Solution,
    given: Layer,
    grad_out: Tensor,
    *,
    only: Sequence[str] = GRADIENTS,
    rtol: float = FLOAT64,
    atol: float = 0.0,
    **settings: Any,
) -> None:
    """Send a batch forward and `grad_out` back with the solution and with PyTorch; fail where they differ."""
    got = backward(solution, given, grad_out, **settings)
    hold_gradients(got, given, grad_out, only=only, rtol=rtol, atol=atol, **settings)


def backward(solution: Solution, given: Layer, grad_out: Tensor, **settings: Any) -> tuple[Tensor, ...]:
    """Return the solution's gradients, by way of its own cache."""
    result: tuple[Tensor, ...] = solution.batchnorm_backward(grad_out, cache(solution, given, **settings))
    return result


def cache(solution: Solution, given: Layer, **settings: Any) -> Any:
    """Return the cache of the solution's forward pass."""
    try:
        return solution.batchnorm_forward(*given, **(SPOKEN | settings))[3]
    except NotImplementedError:
        _say_if_backward_is_not_written(solution, given.x)
        raise


def _say_if_backward_is_not_written(solution: Solution, grad_out: Tensor) -> None:
    """Raise NotImplementedError if the backward pass is not written either: its checks should name it."""
    try:
        solution.batchnorm_backward(grad_out, {})
    except NotImplementedError:
        raise
    except SolutionFault:
        return  # it is written, and cannot do without a cache


def hold_gradients(
    got: Sequence[Tensor],
    given: Layer,
    grad_out: Tensor,
    *,
    only: Sequence[str] = GRADIENTS,
    rtol: float = FLOAT64,
    atol: float = 0.0,
    **settings: Any,
) -> None:
    """Assert that these are PyTorch's gradients."""
    for name, mine, wanted in zip(GRADIENTS, got, gradients_by_torch(given, grad_out, **settings), strict=True):
        if name in only:
            expect.close(mine, wanted, what=f"{_told(given, settings)}: {name}", rtol=rtol, atol=atol)


def _told(given: Layer, settings: dict[str, Any]) -> str:
    """Return the call in words; where it is small enough to be repeated by hand, with its numbers."""
    told = "".join(f", {name}={value}" for name, value in settings.items())
    if given.x.numel() > 8:
        return f"x of shape {tuple(given.x.shape)}{told}"
    values = ", ".join(f"{name}={value.tolist()}" for name, value in given._asdict().items())
    return f"{values}{told}"
