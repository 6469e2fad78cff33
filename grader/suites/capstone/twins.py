"""PyTorch's network trained many times side by side, by the same rule as `network.twin_of` trains it once."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from grader.comparison.experiments.layers import cross_entropy, linear
from grader.suites.capstone import network
from grader.suites.capstone.network import Problem, State

DROPPED = 0.3
_SHAPES = {name: tuple(value.shape) for name, value in network.Network().state_dict().items() if value.dim()}


def twins_of(
    problem: Problem, runs: int, *, num_epochs: int, batch_size: int, lr: float, draw: torch.Generator
) -> list[State]:
    """Train so many networks with PyTorch's Adam along a cosine, each in an order of its own; return their states.

    A last batch of one sample, which has no variance, is left out.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (1,), generator=draw)))
        state = _start(runs)
        params = [state[name].requires_grad_() for name in network.PARAMETERS]
        optimizer = torch.optim.Adam(params, lr=lr, fused=True)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_epochs)
        for _ in range(num_epochs):
            order = torch.stack([torch.randperm(len(problem.y_train)) for _ in range(runs)])
            for rows in (batch for batch in torch.split(order, batch_size, 1) if batch.shape[1] > 1):
                optimizer.zero_grad()
                loss = cross_entropy(_logits(state, problem.x_train[rows]), problem.y_train[rows])
                loss.sum().backward()  # type: ignore[no-untyped-call]  # torch has no types here
                optimizer.step()
            schedule.step()
    return [{name: value[run].detach().clone() for name, value in state.items()} for run in range(runs)]


def _start(runs: int) -> State:
    """Return states (runs, ...): He-normal weights, zero biases, batch norms as PyTorch has them."""
    state = {}
    for name, shape in _SHAPES.items():
        is_one = name.startswith("bn") and name.endswith(("weight", "running_var"))
        state[name] = torch.full((runs, *shape), float(is_one))
        if len(shape) > 1:
            for weight in state[name]:
                nn.init.kaiming_normal_(weight, nonlinearity="relu")
    return state


def _logits(state: State, x: Tensor) -> Tensor:
    """Return the logits (runs, N, 10) in training mode; the running statistics of `state` move."""
    for number in (1, 2):
        x = functional.relu(linear(x, state[f"fc{number}.weight"], state[f"fc{number}.bias"]))
        # The features of all runs are so many channels of one batch norm: each has statistics of its own.
        side_by_side = x.transpose(0, 1).flatten(1)
        mean, var, weight, bias = (
            state[f"bn{number}.{part}"].view(-1) for part in ("running_mean", "running_var", "weight", "bias")
        )
        normal = functional.batch_norm(side_by_side, mean, var, weight, bias, training=True)
        x = functional.dropout(normal, DROPPED).reshape(x.transpose(0, 1).shape).transpose(0, 1)
    return linear(x, state["fc3.weight"], state["fc3.bias"])
