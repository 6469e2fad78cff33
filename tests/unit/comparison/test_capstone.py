"""The capstone's comparison: problems that nobody can look into, twins side by side, logits of any state."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from grader.catalog import load_exercise
from grader.comparison.finding import Finding, World
from grader.domain.exercise import Exercise
from grader.domain.verdict import Verdict
from grader.judge.in_the_open import OpenChannel
from grader.judge.reference import load_module
from grader.judge.suite import Solution
from grader.settings import REPOSITORY
from grader.suites.capstone import network
from grader.suites.capstone.predicting import predicting
from grader.suites.capstone.reading import SAMPLES, pose, reading
from grader.suites.capstone.twins import twins_of

PREDICTING = predicting(name="predict", task="8.2", points=1, hint="look")
READING = reading(name="train", task="8.1", points=1, hint="look")


@pytest.fixture(scope="module")
def exercise() -> Exercise:
    return load_exercise(REPOSITORY / "exercises" / "capstone")


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return load_module(REPOSITORY / "grader" / "suites" / "capstone" / "reference.py")


@pytest.fixture
def digits(tmp_path: Path) -> World:
    return World(seed=1, data="digits", folder=tmp_path, version="1")


@pytest.fixture
def judged(exercise: Exercise, reference: dict[str, Any], digits: World) -> Callable[..., Finding]:
    def judge(**functions: Any) -> Finding:
        return PREDICTING.judge(Solution(OpenChannel({**reference, **functions}), exercise, reference), digits)

    return judge


def test_a_problem_is_the_same_for_everybody_and_keeps_most_digits_back(digits: World) -> None:
    one, again, other = pose(digits, 3), pose(digits, 3), pose(digits, 4)
    assert torch.equal(one.x_train, again.x_train)
    assert not torch.equal(one.x_train, other.x_train)
    assert len(one.y_train) == SAMPLES
    assert len(one.y_unseen) == 1797 - SAMPLES
    distances = torch.cdist(one.x_train.double(), one.x_unseen.double())
    assert float(distances.min()) > 0.1  # no digit is on both sides


def test_samples_come_in_two_rounds_of_sorted_classes(digits: World) -> None:
    labels = pose(digits, 5).y_train
    assert int((labels.diff() < 0).sum()) == 1
    assert labels[labels.diff().argmin() + 1] == 0


def test_twins_side_by_side_are_as_good_as_twins_one_by_one(digits: World) -> None:
    problem = pose(digits, 1)
    even = network.Problem(problem.x_train[:-1], problem.y_train[:-1], problem.x_unseen, problem.y_unseen)
    settings: dict[str, Any] = {"num_epochs": 6, "batch_size": 30, "lr": 0.01}
    draw = torch.Generator().manual_seed(1)
    alone = [network.twin_of(even, **settings, draw=draw) for _ in range(8)]
    beside = twins_of(even, 8, **settings, draw=draw)
    losses = torch.tensor([[math.log(network.score(state, even)[1]) for state in states] for states in (alone, beside)])
    error = float((losses.var(1).sum() / 8).sqrt())
    assert abs(float(losses[0].mean() - losses[1].mean())) < 4 * error
    assert beside[0].keys() == {name for name in alone[0] if not name.endswith("num_batches_tracked")}


def test_twins_leave_out_a_last_batch_of_one_and_differ_from_each_other(digits: World) -> None:
    draw = torch.Generator().manual_seed(1)
    first, second = twins_of(pose(digits, 0), 2, num_epochs=1, batch_size=40, lr=0.01, draw=draw)
    assert all(bool(value.isfinite().all()) for value in first.values())
    assert not any(torch.equal(first[name], second[name]) for name in network.PARAMETERS)


def test_the_reference_predicts_as_pytorch_does_and_its_sureness_is_drawn(judged: Callable[..., Finding]) -> None:
    found = judged()
    assert found.verdict is Verdict.ACCEPTED
    assert [picture.name for picture in found.pictures] == ["predict-sureness", "predict-distance"]
    pytorchs, mine, _ = found.pictures[0].series
    assert mine.y == pytorchs.y


def test_where_train_fails_predict_is_judged_on_networks_of_pytorchs(judged: Callable[..., Finding]) -> None:
    def train(*_args: Any, **_settings: Any) -> None:
        raise NotImplementedError

    assert judged(train=train).verdict is Verdict.ACCEPTED


def test_states_that_hold_nan_are_predicted_as_pytorch_does(
    judged: Callable[..., Finding], reference: dict[str, Any]
) -> None:
    def train(*args: Any, **settings: Any) -> dict[str, Tensor]:
        state: dict[str, Tensor] = reference["train"](*args, **settings)
        state["fc2.bias"][3] = torch.nan
        return state

    assert judged(train=train).verdict is Verdict.ACCEPTED


def test_units_that_never_fire_show_a_missing_eps(judged: Callable[..., Finding]) -> None:
    def predict(state: dict[str, Tensor], x: Tensor) -> Tensor:
        for n in "12":
            x = torch.relu(x @ state[f"fc{n}.weight"].T + state[f"fc{n}.bias"])
            deviation = (state[f"bn{n}.running_var"] + 1e-5 * (state[f"bn{n}.running_var"] > 0)).sqrt()
            x = (x - state[f"bn{n}.running_mean"]) / deviation * state[f"bn{n}.weight"] + state[f"bn{n}.bias"]
        return x @ state["fc3.weight"].T + state["fc3.bias"]

    assert judged(predict=predict).message.startswith("A network with units that never fire")


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0])
def test_a_state_of_any_numbers_has_a_score_that_can_be_judged(
    exercise: Exercise, reference: dict[str, Any], digits: World, value: float
) -> None:
    def train(*args: Any, num_epochs: int, **settings: Any) -> dict[str, Tensor]:
        state: dict[str, Tensor] = reference["train"](*args, num_epochs=0, **settings)
        return {name: torch.full_like(tensor, value) for name, tensor in state.items()}

    solution = Solution(OpenChannel({**reference, "train": train}), exercise, reference)
    sample = READING.mine(solution, digits, range(8), torch.Generator().manual_seed(1))
    assert sample.values.shape == (8, 2)
    assert sample.values[:, 0].isfinite().all()
    assert sample.curves["epochs"].shape == (1, 5)
