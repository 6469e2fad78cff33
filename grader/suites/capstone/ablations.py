"""Measures the table of ablations in the exercise's README; run by hand, since it takes minutes.

python -m grader.suites.capstone.ablations
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from grader.suites.capstone import network
from grader.suites.capstone.reference import State, _fit

SEEDS = 8
SETTINGS: dict[str, Any] = {"batch_size": 40, "lr": 0.02}
COLUMNS = {"3 epochs": (3, 0.0), "15 epochs": (15, 0.0), "40 epochs, a third of the labels wrong": (40, 1 / 3)}
"""Epochs, and the share of the training labels that are drawn at random from the nine wrong ones."""


def main() -> None:
    """Print the rows of the table: accuracy on 1000 unseen pictures, mean over the seeds."""
    torch.set_num_threads(1)
    print("| Run |", " | ".join(COLUMNS), "|")
    for name, changes in VARIANTS.items():
        found = [_accuracy(epochs, wrong, changes) for epochs, wrong in COLUMNS.values()]
        print(f"| {name} |", " | ".join(f"{100 * mean:.1f}" for mean in found), "|", flush=True)


def _accuracy(num_epochs: int, wrong: float, changes: dict[str, Any]) -> float:
    settings = SETTINGS | {"num_epochs": num_epochs} | changes
    logits = settings.pop("logits", network.logits_of)
    found = []
    for seed in range(SEEDS):
        draw = torch.Generator().manual_seed(seed)
        problem = network.images(draw)
        labels = problem.y_train
        shift = torch.randint(1, 10, labels.shape, generator=draw)
        labels = torch.where(torch.rand(labels.shape, generator=draw) < wrong, (labels + shift) % 10, labels)
        state = _fit(problem.x_train, labels, **settings, seed=seed)
        found.append(float((logits(state, problem.x_unseen).argmax(1) == problem.y_unseen).double().mean()))
    return sum(found) / len(found)


def _small(shape: tuple[int, int], draw: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=draw) * 0.01


def _no_norm(state: State, name: str, x: Tensor) -> Tensor:
    return x


def _no_drop(x: Tensor, draw: torch.Generator) -> Tensor:
    return x


def _logits_without_norm(state: State, x: Tensor) -> Tensor:
    for number in (1, 2):
        x = torch.relu(x @ state[f"fc{number}.weight"].T + state[f"fc{number}.bias"])
    return x @ state["fc3.weight"].T + state["fc3.bias"]


def _momentum(param: Tensor, grad: Tensor, moments: list[Tensor], step: int, lr: float) -> Tensor:
    moments[0] = 0.9 * moments[0] + grad
    return param - lr * moments[0]


def _descent(param: Tensor, grad: Tensor, moments: list[Tensor], step: int, lr: float) -> Tensor:
    return param - lr * grad


def _constant(lr: float, epoch: int, num_epochs: int) -> float:
    return lr


_WITHOUT_NORM: dict[str, Any] = {"norm": _no_norm, "logits": _logits_without_norm, "trained": "fc"}
VARIANTS: dict[str, dict[str, Any]] = {
    "everything": {},
    "constant learning rate": {"schedule": _constant},
    "without dropout": {"drop": _no_drop},
    "without batch norm": _WITHOUT_NORM,
    "weights from N(0, 0.01^2)": {"weights": _small},
    "the same, without batch norm": _WITHOUT_NORM | {"weights": _small},
    "plain gradient descent, lr = 0.02": {"step": _descent},
    "plain gradient descent, lr = 0.5": {"step": _descent, "lr": 0.5},
    "momentum 0.9, lr = 0.1": {"step": _momentum, "lr": 0.1},
    "Adam, lr = 0.0005": {"lr": 0.0005},
    "Adam, lr = 0.5": {"lr": 0.5},
}

if __name__ == "__main__":
    main()
