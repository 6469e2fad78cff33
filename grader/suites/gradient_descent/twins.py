"""What PyTorch computes for the same arguments, in float64, and the random arguments of the checks."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from grader.judge import expect
from grader.judge.suite import Solution

# Why 1e-9: a sum of fewer than 200 terms rounds at most 200 times at 1.1e-16, so correct but reordered arithmetic stays
# below 1e-13 of the largest element. Arithmetic in float32 shows at 6e-8, the weakest wrong formula at 1e-3.
FLOAT64 = 1e-9
# The same count for float32: sums of at most 20 terms, each rounded at 6e-8, and an exp and a log: 2e-6 at worst.
FLOAT32 = 1e-5

PRECISIONS = ((torch.float32, FLOAT32), (torch.float64, FLOAT64))


def normal(draw: torch.Generator, *shape: int) -> Tensor:
    """Return standard normal numbers in float64."""
    return torch.randn(shape, generator=draw, dtype=torch.float64)


def some_labels(draw: torch.Generator, num_samples: int, num_classes: int) -> Tensor:
    """Return one class per sample, each as likely as the others."""
    return torch.randint(num_classes, (num_samples,), generator=draw)


def mse_of_torch(pred: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss and the gradient of `torch.nn.functional.mse_loss`."""
    return _loss_and_gradient(lambda leaf: functional.mse_loss(leaf, target.double()), pred)


def cross_entropy_of_torch(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss and the gradient of `torch.nn.functional.cross_entropy`."""
    return _loss_and_gradient(lambda leaf: functional.cross_entropy(leaf, labels), logits)


def _loss_and_gradient(loss_of: Callable[[Tensor], Tensor], point: Tensor) -> tuple[Tensor, Tensor]:
    leaf = point.detach().to(torch.float64, copy=True).requires_grad_()
    loss = loss_of(leaf)
    (grad,) = torch.autograd.grad(loss, leaf)
    return loss.detach(), grad


def follows_mse(
    solution: Solution,
    pred: Tensor,
    target: Tensor,
    *,
    only: Sequence[str] = ("loss", "gradient"),
    rtol: float = FLOAT64,
) -> None:
    """Assert that `mse_loss` returns what PyTorch's does."""
    got, wanted = solution.mse_loss(pred, target), mse_of_torch(pred, target)
    _same(got, wanted, f"mse_loss for shape {tuple(pred.shape)}", only, rtol, (0.0, 0.0))


def follows_cross_entropy(
    solution: Solution,
    logits: Tensor,
    labels: Tensor,
    *,
    only: Sequence[str] = ("loss", "gradient"),
    rtol: float = FLOAT64,
    atol: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Assert that `cross_entropy_loss` returns what PyTorch's does; `atol` is for the loss and for the gradient."""
    got, wanted = solution.cross_entropy_loss(logits, labels), cross_entropy_of_torch(logits, labels)
    _same(got, wanted, f"cross_entropy_loss for shape {tuple(logits.shape)}", only, rtol, atol)


def _same(
    got: tuple[Tensor, Tensor],
    wanted: tuple[Tensor, Tensor],
    called: str,
    only: Sequence[str],
    rtol: float,
    atol: tuple[float, float],
) -> None:
    for name, mine, theirs, absolute in zip(("loss", "gradient"), got, wanted, atol, strict=True):
        if name in only:
            expect.close(mine, theirs, what=f"{called}, {name}", rtol=rtol, atol=absolute)


def clipped(grads: Sequence[Tensor], max_norm: float) -> tuple[list[Tensor], Tensor]:
    """Return what clipping by the global norm should return, in float64.

    It is `torch.nn.utils.clip_grad_norm_` without the 1e-6 that PyTorch adds to the norm.
    """
    norm = torch.linalg.vector_norm(torch.cat([grad.double().flatten() for grad in grads]))
    scale = max_norm / float(norm) if float(norm) > max_norm else 1.0
    return [grad.double() * scale for grad in grads], norm


def follows_clipping(solution: Solution, grads: list[Tensor], max_norm: float, *, rtol: float = FLOAT64) -> None:
    """Assert that `clip_by_global_norm` returns the right gradients and the right norm."""
    got, norm = solution.clip_by_global_norm(grads, max_norm=max_norm)
    wanted, wanted_norm = clipped(grads, max_norm)
    expect.close(norm, wanted_norm, what=f"clip_by_global_norm(max_norm={max_norm:g}), norm", rtol=rtol)
    for place, (mine, right) in enumerate(zip(got, wanted, strict=True)):
        expect.close(mine, right, what=f"clip_by_global_norm(max_norm={max_norm:g}), tensor {place}", rtol=rtol)


def fitted_by_torch(x: Tensor, y: Tensor, lr: float, num_steps: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return weight, bias and losses of `torch.optim.SGD` on a linear layer that starts at zero, in float64."""
    x, y = x.double(), y.double()
    weight = torch.zeros(x.shape[1], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([weight, bias], lr=lr, foreach=False)
    losses = torch.zeros(num_steps, dtype=torch.float64)
    for step in range(num_steps):
        optimizer.zero_grad()
        loss = functional.mse_loss(x @ weight + bias, y)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        losses[step] = loss.detach()
    return weight.detach(), bias.detach(), losses


def follows_fit(
    solution: Solution,
    x: Tensor,
    y: Tensor,
    *,
    lr: float,
    num_steps: int,
    only: Sequence[str] = ("weight", "bias", "losses"),
    rtol: float = FLOAT64,
    atol: float = 0.0,
) -> None:
    """Assert that `fit_linear` ends where PyTorch's SGD does, with the same losses on the way."""
    got = solution.fit_linear(x, y, lr=lr, num_steps=num_steps)
    wanted = fitted_by_torch(x, y, lr, num_steps)
    for name, mine, theirs in zip(("weight", "bias", "losses"), got, wanted, strict=True):
        if name in only:
            what = f"fit_linear(x of shape {tuple(x.shape)}, lr={lr:g}, num_steps={num_steps}), {name}"
            expect.close(mine, theirs, what=what, rtol=rtol, atol=atol)
