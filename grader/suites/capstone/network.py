"""The judge's own network, its data, and what can be read from a state about how it was trained.

Much of training shows in a state after one epoch at a learning rate of zero: the weights are still those of the start,
so the judge can compute which activations flowed, and the running statistics tell what was done to them.
"""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

State = dict[str, Tensor]

CLASSES, WIDTH = 10, 64
LINEAR = ("fc1", "fc2", "fc3")
NORMS = ("bn1", "bn2")
PARAMETERS = tuple(f"{layer}.{part}" for layer in (*LINEAR, *NORMS) for part in ("weight", "bias"))


# --- The network ------------------------------------------------------------------------------------------------------


class Network(nn.Module):
    """The network of the exercise, made of PyTorch's layers."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1, self.bn1 = nn.Linear(WIDTH, 128), nn.BatchNorm1d(128)
        self.fc2, self.bn2 = nn.Linear(128, 64), nn.BatchNorm1d(64)
        self.fc3 = nn.Linear(64, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.dropout(self.bn1(functional.relu(self.fc1(x))), 0.3, self.training)
        x = functional.dropout(self.bn2(functional.relu(self.fc2(x))), 0.3, self.training)
        logits: Tensor = self.fc3(x)
        return logits


def logits_of(state: State, x: Tensor) -> Tensor:
    """Return the logits of a state in evaluation mode, computed in float64."""
    network = Network().eval().double()
    network.load_state_dict({name: value.double() for name, value in state.items()}, strict=False)
    with torch.no_grad():
        return network(x.double())  # type: ignore[no-any-return]


def random_state(draw: torch.Generator) -> State:
    """Return a state in which no part can be left out unnoticed: every tensor is far from its initial value."""
    state = {}
    for name, (rows, columns) in {"fc1": (128, WIDTH), "fc2": (64, 128), "fc3": (CLASSES, 64)}.items():
        state[f"{name}.weight"] = torch.randn((rows, columns), generator=draw) * math.sqrt(2 / columns)
        state[f"{name}.bias"] = torch.randn(rows, generator=draw) * 0.5
    for name, width in (("bn1", 128), ("bn2", 64)):
        state[f"{name}.weight"] = torch.randn(width, generator=draw) + 1
        state[f"{name}.bias"] = torch.randn(width, generator=draw) * 0.5
        state[f"{name}.running_mean"] = torch.rand(width, generator=draw)
        state[f"{name}.running_var"] = torch.rand(width, generator=draw) + 0.25
    return state


# --- Data -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Problem:
    """Labelled samples to train on, and others that the student's code never sees."""

    x_train: Tensor
    y_train: Tensor
    x_unseen: Tensor
    y_unseen: Tensor


def images(draw: torch.Generator, *, train: int = 600, unseen: int = 1000) -> Problem:
    """Return small noisy pictures of ten classes, standardised: each shows one of its class's two blurred patterns,
    shifted by up to one pixel."""
    count = train + unseen
    patterns = functional.interpolate(torch.randn((2 * CLASSES, 1, 4, 4), generator=draw), size=8, mode="bilinear")[
        :, 0
    ]
    patterns = patterns / patterns.std((1, 2), keepdim=True)
    labels = torch.randint(CLASSES, (count,), generator=draw)
    shown = patterns[2 * labels + torch.randint(2, (count,), generator=draw)]
    rows, columns = (
        (torch.arange(8) - torch.randint(-1, 2, (count, 1), generator=draw)) % 8 for _ in ("down", "right")
    )
    shown = shown[torch.arange(count)[:, None, None], rows[:, :, None], columns[:, None, :]]
    x = (shown + 0.6 * torch.randn(shown.shape, generator=draw)).reshape(count, WIDTH)
    x = (x - x[:train].mean(0)) / x[:train].std(0)
    return Problem(x[:train], labels[:train], x[train:], labels[train:])


def noise(draw: torch.Generator, count: int, *, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return inputs without any structure, and labels drawn at random."""
    x = scale * torch.randn((count, WIDTH), generator=draw)
    return x, torch.randint(CLASSES, (count,), generator=draw)


def drifting(draw: torch.Generator, count: int) -> tuple[Tensor, Tensor]:
    """Return inputs whose second half lies on the other side of the origin than the first."""
    x, labels = noise(draw, count)
    centre = 0.5 * torch.randn(WIDTH, generator=draw)
    return torch.cat([x[: count // 2] + centre, x[count // 2 :] - centre]), labels


# --- Training the twin ------------------------------------------------------------------------------------------------


def twin_of(problem: Problem, *, num_epochs: int, batch_size: int, lr: float, draw: torch.Generator) -> State:
    """Train PyTorch's network with PyTorch's Adam along a cosine, and return its state."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(int(torch.randint(2**62, (1,), generator=draw)))
        network = Network()
        for name in LINEAR:
            layer = network.get_submodule(name)
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")  # type: ignore[arg-type]
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        optimizer = torch.optim.Adam(network.parameters(), lr=lr, foreach=False)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_epochs)
        for _ in range(num_epochs):
            order = torch.randperm(len(problem.y_train))
            for first in range(0, len(order), batch_size):
                rows = order[first : first + batch_size]
                optimizer.zero_grad()
                loss = functional.cross_entropy(network(problem.x_train[rows]), problem.y_train[rows])
                loss.backward()  # type: ignore[no-untyped-call]  # torch has no types here
                optimizer.step()
            schedule.step()
    return dict(network.state_dict())


def score(state: State, problem: Problem) -> tuple[float, float]:
    """Return the share of unseen samples that a state gets right, and its mean cross-entropy on them."""
    logits = logits_of(state, problem.x_unseen)
    right = (logits.argmax(1) == problem.y_unseen).double().mean()
    return float(right), float(functional.cross_entropy(logits, problem.y_unseen))


# --- What a state tells -----------------------------------------------------------------------------------------------


def initial_scale(state: State, layer: str) -> float:
    """Return the standard deviation of a layer's weights, as a multiple of He's for its fan-in."""
    weight = state[f"{layer}.weight"].double()
    return float(weight.square().mean().sqrt()) / math.sqrt(2 / weight.shape[1])


def kurtosis(values: Tensor) -> float:
    """Return the fourth moment over the squared second: 3 for a normal distribution, 1.8 for a uniform one."""
    values = values.double().flatten()
    return float((values**4).mean() / (values**2).mean() ** 2)


def first_activations(state: State, x: Tensor) -> Tensor:
    """Return what flows into the first batch norm, in float64."""
    return functional.linear(x.double(), state["fc1.weight"].double(), state["fc1.bias"].double()).relu()


def share_of_first_batch(state: State, x: Tensor) -> float:
    """Return which share of the batch's mean is in bn1.running_mean, after one step on all of `x`.

    It is the slope of the least-squares line through the origin; 0.1 for PyTorch's momentum.
    """
    mean = first_activations(state, x).mean(0)
    return float(state["bn1.running_mean"].double() @ mean / (mean @ mean))


def noise_in_second_layer(state: State, x: Tensor, draw: torch.Generator) -> float:
    """Return the variance that flowed into the second batch norm in one step on all of `x`, as a multiple of what
    batch norm and dropout at 0.3 make of the first layer.

    Dropout makes the sums of the second layer vary by a factor of 1 / 0.7; left out, the multiple is about 0.7.
    """
    share = share_of_first_batch(state, x) or math.nan
    flowed = (state["bn2.running_var"].double() - (1 - share)) / share
    hidden = functional.batch_norm(first_activations(state, x), None, None, training=True).repeat(4, 1)
    hidden = hidden * (torch.rand(hidden.shape, generator=draw) >= 0.3) / 0.7
    sums = functional.linear(hidden, state["fc2.weight"].double(), state["fc2.bias"].double())
    return float(flowed.mean() / sums.relu().var(0).mean())


def distance_of_means(state: State, x: Tensor) -> float:
    """Return how far bn1.running_mean lies from the mean over `x`, as a multiple of the features' deviation."""
    flowed = first_activations(state, x)
    apart = state["bn1.running_mean"].double() - flowed.mean(0)
    return float((apart.square().mean() / flowed.var(0).mean()).sqrt())


def ratio_of_variances(state: State, x: Tensor) -> float:
    """Return bn1.running_var over the variance over `x`, both averaged over the features."""
    return float(state["bn1.running_var"].double().mean() / first_activations(state, x).var(0).mean())


def weight_of_second_half(state: State, x: Tensor) -> float:
    """Return the weight that the second half of `x` has in bn1.running_mean, the first half having the rest."""
    flowed = first_activations(state, x)
    halves = torch.stack([half.mean(0) for half in flowed.chunk(2)], 1)
    first, second = torch.linalg.lstsq(halves, state["bn1.running_mean"].double()[:, None]).solution.flatten().tolist()
    return float(second / (first + second)) if first + second else math.nan


def moved(before: State, after: State) -> dict[str, float]:
    """Return the largest change of each parameter tensor."""
    return {name: float((after[name] - before[name]).abs().max()) for name in PARAMETERS}
