"""The training comparison of `momentum`: each step beside PyTorch's SGD."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from grader.comparison.experiments.optimizers import CURVE, PATH, curve, parity
from grader.comparison.problems import RAVINE
from grader.comparison.training import Training
from grader.suites.momentum.twins import MOMENTUM, NESTEROV, SGD

training = Training(
    parity(
        SGD,
        name="sgd-training-parity",
        task="2.1",
        points=5,
        hint=PATH,
        plain={"lr": 0.1},
        unusual={"lr": 0.3, "weight_decay": 0.1},
        valley=RAVINE,
        valley_settings={"lr": 0.07},
    ),
    curve(SGD, name="sgd-training-curve", task="2.1", points=2, hint=CURVE, settings={"lr": 0.1}),
    parity(
        MOMENTUM,
        name="momentum-training-parity",
        task="2.2",
        points=6,
        hint=PATH,
        plain={"lr": 0.05},
        unusual={"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1},
        valley=RAVINE,
        valley_settings={"lr": 0.03, "momentum": 0.8},
    ),
    curve(MOMENTUM, name="momentum-training-curve", task="2.2", points=3, hint=CURVE, settings={"lr": 0.02}),
    parity(
        NESTEROV,
        name="nesterov-training-parity",
        task="2.3",
        points=6,
        hint=PATH,
        plain={"lr": 0.05},
        unusual={"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1},
        valley=RAVINE,
        valley_settings={"lr": 0.03, "momentum": 0.8},
    ),
    curve(NESTEROV, name="nesterov-training-curve", task="2.3", points=3, hint=CURVE, settings={"lr": 0.02}),
)
