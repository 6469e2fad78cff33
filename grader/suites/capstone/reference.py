"""The right solution of `capstone`, in one file. Each part can be exchanged for another, which is what mutants do."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

State = dict[str, Tensor]
Norm = Callable[[State, str, Tensor], Tensor]
Drop = Callable[[Tensor, torch.Generator], Tensor]
Step = Callable[[Tensor, Tensor, list[Tensor], int, float], Tensor]

SIZES = {"fc1": (128, 64), "fc2": (64, 128), "fc3": (10, 64)}
STATISTICS = ("running_mean", "running_var")


def train(
    x_train: Tensor, y_train: Tensor, *, num_epochs: int, batch_size: int, lr: float, seed: int
) -> dict[str, Tensor]:
    """Return the state after Adam on the cross-entropy, the learning rate along a cosine down to zero."""
    return _fit(x_train, y_train, num_epochs, batch_size, lr, seed)


def predict(state: dict[str, Tensor], x: Tensor) -> Tensor:
    """Return the logits `(N, 10)` of the network in evaluation mode."""
    for number in (1, 2):
        x = torch.relu(x @ state[f"fc{number}.weight"].T + state[f"fc{number}.bias"])
        x = (x - state[f"bn{number}.running_mean"]) / (state[f"bn{number}.running_var"] + 1e-5).sqrt()
        x = x * state[f"bn{number}.weight"] + state[f"bn{number}.bias"]
    return x @ state["fc3.weight"].T + state["fc3.bias"]


def _he_normal(shape: tuple[int, int], draw: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=draw) * math.sqrt(2 / shape[1])


def _initial_state(draw: torch.Generator, weights: Callable[..., Tensor]) -> State:
    state = {}
    for name, shape in SIZES.items():
        state[f"{name}.weight"] = weights(shape, draw)
        state[f"{name}.bias"] = torch.zeros(shape[0])
    for name, width in (("bn1", 128), ("bn2", 64)):
        state |= {f"{name}.weight": torch.ones(width), f"{name}.bias": torch.zeros(width)}
        state |= {f"{name}.running_mean": torch.zeros(width), f"{name}.running_var": torch.ones(width)}
    return state


def _batch_norm(state: State, name: str, x: Tensor, momentum: float = 0.1) -> Tensor:
    """Normalise by the batch, and move the running statistics of `state`."""
    mean, var = x.mean(0), x.var(0, correction=0)
    for statistic, value in zip(STATISTICS, (mean, var * len(x) / (len(x) - 1)), strict=True):
        key = f"{name}.{statistic}"
        state[key] = (1 - momentum) * state[key] + momentum * value.detach()
    return (x - mean) / (var + 1e-5).sqrt() * state[f"{name}.weight"] + state[f"{name}.bias"]


def _dropout(x: Tensor, draw: torch.Generator, p: float = 0.3) -> Tensor:
    return x * (torch.rand(x.shape, generator=draw) >= p) / (1 - p)


def _forward(state: State, x: Tensor, draw: torch.Generator, norm: Norm, drop: Drop) -> Tensor:
    """Return the logits in training mode."""
    for number in (1, 2):
        x = torch.relu(x @ state[f"fc{number}.weight"].T + state[f"fc{number}.bias"])
        x = drop(norm(state, f"bn{number}", x), draw)
    return x @ state["fc3.weight"].T + state["fc3.bias"]


def _cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    return -torch.log_softmax(logits, 1)[torch.arange(len(labels)), labels].mean()


def _batches(labels: Tensor, batch_size: int, draw: torch.Generator) -> Iterator[Tensor]:
    """Yield the indices of the shuffled batches; a last batch of one sample has no variance, so it is left out."""
    order = torch.randperm(len(labels), generator=draw)
    batches = (order[first : first + batch_size] for first in range(0, len(order), batch_size))
    return (batch for batch in batches if len(batch) > 1)


def _adam(param: Tensor, grad: Tensor, moments: list[Tensor], step: int, lr: float) -> Tensor:
    moments[0] = 0.9 * moments[0] + 0.1 * grad
    moments[1] = 0.999 * moments[1] + 0.001 * grad**2
    return param - lr * (moments[0] / (1 - 0.9**step)) / ((moments[1] / (1 - 0.999**step)).sqrt() + 1e-8)


def _cosine(lr: float, epoch: int, num_epochs: int) -> float:
    return lr * (1 + math.cos(math.pi * epoch / num_epochs)) / 2


def _fit(
    x_train: Tensor,
    y_train: Tensor,
    num_epochs: int,
    batch_size: int,
    lr: float,
    seed: int,
    *,
    weights: Callable[..., Tensor] = _he_normal,
    start: Callable[..., State] = _initial_state,
    forward: Callable[..., Tensor] = _forward,
    norm: Norm = _batch_norm,
    drop: Drop = _dropout,
    loss: Callable[[Tensor, Tensor], Tensor] = _cross_entropy,
    batches: Callable[..., Iterator[Tensor]] = _batches,
    step: Step = _adam,
    schedule: Callable[[float, int, int], float] = _cosine,
    trained: str = "",
) -> State:
    """Train the parameters whose names begin with `trained`."""
    if num_epochs < 0 or batch_size < 2 or not lr >= 0:
        raise ValueError("num_epochs and lr must not be negative, and a batch needs two samples")
    draw = torch.Generator().manual_seed(seed)
    state = start(draw, weights)
    names = [name for name in state if name.startswith(trained) and not name.endswith(STATISTICS)]
    moments = {name: [torch.zeros_like(state[name])] * 2 for name in names}
    count = 0
    for epoch in range(num_epochs):
        for rows in batches(y_train, batch_size, draw):
            for name in names:
                state[name].requires_grad_()
            value = loss(forward(state, x_train[rows], draw, norm, drop), y_train[rows])
            grads = torch.autograd.grad(value, [state[name] for name in names])
            count += 1
            for name, grad in zip(names, grads, strict=True):
                state[name] = step(state[name].detach(), grad, moments[name], count, schedule(lr, epoch, num_epochs))
    return {name: value.detach() for name, value in state.items()}
