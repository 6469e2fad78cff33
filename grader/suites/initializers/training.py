"""The training comparison of `initializers`: fans, weights in deep networks and in training, standardised inputs."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from grader.comparison.ensemble import Ensemble
from grader.comparison.experiments.fans import fans
from grader.comparison.experiments.initializing import curve, signal
from grader.comparison.experiments.standardizing import standardizing
from grader.comparison.experiments.weights import SMALL, Initializer, Start, he_deviation
from grader.comparison.training import Training

SIGNAL = (
    "A signal that grows or fades where PyTorch's does not says that the weights have the wrong size: mend what this "
    "task's other checks name first. Layers that are alike say that their seeds gave them the same weights."
)
CURVE = "How training begins is decided by the first weights alone: mend what this task's other checks name first."

DEEP = (24, 48, 24, 48, 24, 48, 24)
GAIN = 5 / 3


def linear(x: Tensor) -> Tensor:
    """Return what comes in: no activation function."""
    return x


def xavier(initializer: Initializer, *, name: str, task: str) -> tuple[Ensemble, Ensemble]:
    """Return the comparisons of a function of Xavier's: signals without activation and through tanh, training."""
    tanh = Start(initializer=initializer, activation=torch.tanh, settings=lambda _shape: {"gain": GAIN})
    return (
        signal(
            name=f"{name}-training-signal",
            task=task,
            points=2,
            hint=SIGNAL,
            forward=Start(initializer=initializer, activation=linear),
            backward=tanh,
            told=("no activation function, gain 1", "tanh, gain 5/3"),
        ),
        curve(
            name=f"{name}-training-curve",
            task=task,
            points=2,
            hint=CURVE,
            title="Training a deep tanh network from Xavier's weights, gain 5/3",
            start=tanh,
            hidden=DEEP,
            rate=0.02,
        ),
    )


def he(initializer: Initializer, *, name: str, task: str) -> tuple[Ensemble, Ensemble]:
    """Return the comparisons of a function of He's: signals through ReLU in both modes, training."""
    relu = Start(initializer=initializer, activation=torch.relu)
    return (
        signal(
            name=f"{name}-training-signal",
            task=task,
            points=2,
            hint=SIGNAL,
            forward=relu,
            backward=Start(initializer=initializer, activation=torch.relu, settings=lambda _shape: {"mode": "fan_out"}),
            told=("ReLU, fan_in", "ReLU, fan_out"),
        ),
        curve(
            name=f"{name}-training-curve",
            task=task,
            points=2,
            hint=CURVE,
            title="Training a deep ReLU network from He's weights",
            start=relu,
            hidden=DEEP,
            rate=0.02,
        ),
    )


training = Training(
    fans(
        name="fans-training-parity",
        task="4.1",
        points=2,
        hint="Work the named layer out by hand: a weight is (out, in, *kernel), and the kernel counts in both fans.",
    ),
    signal(
        name="random-normal-training-signal",
        task="4.2",
        points=2,
        hint=SIGNAL,
        forward=Start(
            initializer=SMALL,
            activation=torch.relu,
            settings=lambda shape: {"std": he_deviation(shape)},
            bias={"mean": 1.0, "std": 0.0},
        ),
        backward=Start(initializer=SMALL, activation=torch.relu),
        told=("ReLU, std by He's rule, biases of 1", "ReLU, the default std of 0.01"),
    ),
    curve(
        name="random-normal-training-curve",
        task="4.2",
        points=1,
        hint=CURVE,
        title="Training a network of two layers from the default std of 0.01",
        start=Start(initializer=SMALL, activation=torch.relu),
        hidden=(32,),
        rate=0.1,
        beside_small=False,
    ),
    *xavier(Initializer("xavier_uniform", nn.init.xavier_uniform_), name="xavier-uniform", task="4.3"),
    *xavier(Initializer("xavier_normal", nn.init.xavier_normal_), name="xavier-normal", task="4.4"),
    *he(
        Initializer("he_uniform", partial(nn.init.kaiming_uniform_, nonlinearity="relu")),
        name="he-uniform",
        task="4.5",
    ),
    *he(
        Initializer("he_normal", partial(nn.init.kaiming_normal_, nonlinearity="relu")),
        name="he-normal",
        task="4.6",
    ),
    standardizing(
        name="standardize-training-parity",
        task="4.7",
        points=4,
        hint="The message names the kind of data; this task's other checks name what goes wrong with it.",
    ),
)
