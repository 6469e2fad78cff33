"""The training comparison of `adaptive`: each step beside PyTorch's optimizer."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from grader.comparison.experiments.optimizers import CURVE, PATH, curve, parity
from grader.comparison.problems import RAVINE, ROSENBROCK
from grader.comparison.training import Training
from grader.suites.adaptive.twins import ADAGRAD, ADAM, ADAMW, RMSPROP

training = Training(
    parity(
        ADAGRAD,
        name="adagrad-training-parity",
        task="3.1",
        points=4,
        hint=PATH,
        plain={"lr": 0.05, "weight_decay": 0.0},
        unusual={"lr": 0.2, "eps": 1e-2, "weight_decay": 0.1},
        valley=RAVINE,
        valley_settings={"lr": 0.4},
    ),
    curve(ADAGRAD, name="adagrad-training-curve", task="3.1", points=2, hint=CURVE, settings={"lr": 0.05}),
    parity(
        RMSPROP,
        name="rmsprop-training-parity",
        task="3.2",
        points=4,
        hint=PATH,
        plain={"lr": 0.01},
        unusual={"lr": 0.03, "alpha": 0.7, "eps": 1e-2, "weight_decay": 0.1},
        valley=RAVINE,
        valley_settings={"lr": 0.08, "alpha": 0.9},
    ),
    curve(RMSPROP, name="rmsprop-training-curve", task="3.2", points=2, hint=CURVE, settings={"lr": 0.003}),
    parity(
        ADAM,
        name="adam-training-parity",
        task="3.3",
        points=5,
        hint=PATH,
        plain={"lr": 0.01},
        unusual={"lr": 0.05, "betas": (0.7, 0.95), "eps": 1e-2, "weight_decay": 0.1},
        valley=ROSENBROCK,
        valley_settings={"lr": 0.15},
    ),
    curve(ADAM, name="adam-training-curve", task="3.3", points=2, hint=CURVE, settings={"lr": 0.005}),
    parity(
        ADAMW,
        name="adamw-training-parity",
        task="3.4",
        points=4,
        hint=PATH,
        plain={"lr": 0.01},
        unusual={"lr": 0.05, "betas": (0.7, 0.95), "eps": 1e-2, "weight_decay": 0.3},
        valley=ROSENBROCK,
        valley_settings={"lr": 0.15},
    ),
    curve(
        ADAMW,
        name="adamw-training-curve",
        task="3.4",
        points=2,
        hint=CURVE,
        settings={"lr": 0.005, "weight_decay": 0.1},
    ),
)
