"""Training at rates that somebody else decides: whatever number a student returns, the judge goes on."""

from __future__ import annotations

import math

import pytest
import torch

from grader.comparison.experiments.epochs import Epochs
from grader.comparison.networks import Mlp
from grader.comparison.problems import clusters

EPOCHS, STEPS = 4, 3


def training(dtype: torch.dtype = torch.float64, *, undone_above: float | None = None) -> Epochs:
    draw = torch.Generator().manual_seed(3)
    labelled = clusters(draw).to("cpu", dtype)
    return Epochs(Mlp((6, 4)), labelled, draw, epochs=EPOCHS, steps=STEPS, undone_above=undone_above)


def test_every_step_has_a_loss_and_every_epoch_a_look_at_unseen_data() -> None:
    made = training()
    for _ in range(EPOCHS):
        made.train(0.5)
    lengths = {name: len(values) for name, values in made.run.curves.items()}
    assert lengths == {
        "loss": EPOCHS * STEPS,
        "training loss": EPOCHS,
        "unseen loss": EPOCHS,
        "accuracy": EPOCHS,
    }
    assert made.run.curves["unseen loss"][-1] < made.run.curves["unseen loss"][0]


def test_two_trainings_from_one_seed_are_the_same_to_the_last_bit() -> None:
    one, other = training(), training()
    for rate in (1.0, 0.3):
        assert one.train(rate) == other.train(rate)
    assert one.run.curves == other.run.curves


def test_a_rate_of_zero_changes_nothing() -> None:
    made = training()
    assert made.train(0.0) == made.train(0.0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("rate", [math.inf, -math.inf, math.nan, 1e300, -1e300, -2.0])
def test_any_number_is_trained_at(rate: float, dtype: torch.dtype) -> None:
    made = training(dtype)
    made.train(rate)
    made.train(0.1)
    assert len(made.run.curves["unseen loss"]) == 2


def test_an_epoch_that_blows_up_is_undone_and_its_metrics_are_no_numbers() -> None:
    made, calm = training(undone_above=10.0), training(undone_above=10.0)
    assert calm.train(0.0) == made.train(0.0)
    assert all(math.isnan(value) for value in made.train(1e6))
    assert made.train(0.0) == calm.train(0.0)
