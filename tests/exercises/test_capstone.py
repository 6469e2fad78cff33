"""The capstone made of what the exercises before it ask for: their references, brought along as companions."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.catalog import load_catalog
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.evaluate import Grader
from grader.settings import REPOSITORY, Settings

pytestmark = pytest.mark.slow

ASSEMBLED = """
import torch
from adaptive import adam_step
from batchnorm import batchnorm_backward, batchnorm_forward
from dropout import dropout_backward, dropout_forward
from gradient_descent import cross_entropy_loss, minibatches
from initializers import he_normal
from schedules import cosine_annealing

SIZES = {"fc1": (128, 64), "fc2": (64, 128), "fc3": (10, 64)}


def train(x_train, y_train, *, num_epochs, batch_size, lr, seed):
    if num_epochs < 0 or batch_size < 2 or lr < 0:
        raise ValueError("invalid settings")
    generator = torch.Generator().manual_seed(seed)

    def new_seed():
        return int(torch.randint(2**62, (1,), generator=generator))

    params, running = {}, {}
    for name, shape in SIZES.items():
        params[f"{name}.weight"] = he_normal(shape, seed=new_seed())
        params[f"{name}.bias"] = torch.zeros(shape[0])
    for name, width in (("bn1", 128), ("bn2", 64)):
        params[f"{name}.weight"], params[f"{name}.bias"] = torch.ones(width), torch.zeros(width)
        running[f"{name}.running_mean"], running[f"{name}.running_var"] = torch.zeros(width), torch.ones(width)
    moments = {name: (torch.zeros_like(value), torch.zeros_like(value)) for name, value in params.items()}
    step = 0
    for epoch in range(num_epochs):
        rate = cosine_annealing(epoch, base_lr=lr, total_epochs=num_epochs)
        for rows in minibatches(len(x_train), batch_size, seed=new_seed()):
            if len(rows) > 1:
                step += 1
                grads = gradients(params, running, x_train[rows], y_train[rows], new_seed)
                for name, grad in grads.items():
                    params[name], *moments[name] = adam_step(params[name], grad, *moments[name], step, lr=rate)
    return params | running


def gradients(params, running, x, labels, new_seed):
    saved, grads = [], {}
    for n in "12":
        before = x @ params[f"fc{n}.weight"].T + params[f"fc{n}.bias"]
        out, running[f"bn{n}.running_mean"], running[f"bn{n}.running_var"], cache = batchnorm_forward(
            before.clamp(min=0), *norm(params | running, n), training=True
        )
        dropped, mask = dropout_forward(out, 0.3, training=True, seed=new_seed())
        saved.append((x, before, cache, mask))
        x = dropped
    _, grad = cross_entropy_loss(x @ params["fc3.weight"].T + params["fc3.bias"], labels)
    grads["fc3.weight"], grads["fc3.bias"], grad = grad.T @ x, grad.sum(0), grad @ params["fc3.weight"]
    for n in "21":
        x, before, cache, mask = saved.pop()
        grad = dropout_backward(grad, mask, 0.3, training=True)
        grad, grads[f"bn{n}.weight"], grads[f"bn{n}.bias"] = batchnorm_backward(grad, cache)
        grad = grad * (before > 0)
        grads[f"fc{n}.weight"], grads[f"fc{n}.bias"], grad = grad.T @ x, grad.sum(0), grad @ params[f"fc{n}.weight"]
    return grads


def norm(state, n):
    return [state[f"bn{n}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")]


def predict(state, x):
    for n in "12":
        x = (x @ state[f"fc{n}.weight"].T + state[f"fc{n}.bias"]).clamp(min=0)
        x = batchnorm_forward(x, *norm(state, n), training=False)[0]
    return x @ state["fc3.weight"].T + state["fc3.bias"]
"""
COMPANIONS = ("adaptive", "batchnorm", "dropout", "gradient_descent", "initializers", "schedules")


def test_the_earlier_exercises_make_a_capstone_that_earns_every_point(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    files = [
        SourceFile("capstone.py", ASSEMBLED.encode()),
        *(
            SourceFile(f"{slug}.py", (REPOSITORY / "grader" / "suites" / slug / "reference.py").read_bytes())
            for slug in COMPANIONS
        ),
    ]
    with Grader(settings, load_catalog(settings.exercises_dir)) as grader:
        report = grader.grade("capstone", files, seed=1)
    lost = [f"{check.name}: {check.fault}" for check in report.checks if check.verdict is not Verdict.ACCEPTED]
    assert report.points == 100, f"{report.message} {lost}"
