"""The comparison of an initializer: PyTorch's own weights are accepted, the known mistakes are told."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from grader.catalog import load_exercise
from grader.comparison.ensemble import Ensemble
from grader.comparison.experiments.initializing import curve, signal
from grader.comparison.experiments.weights import Initializer, Start, he_deviation
from grader.comparison.finding import Finding, World
from grader.domain.verdict import Verdict
from grader.judge.in_the_open import OpenChannel
from grader.judge.reference import load_module
from grader.judge.suite import Solution
from grader.settings import REPOSITORY

pytestmark = pytest.mark.slow

HE = Initializer(
    "he_normal", lambda weight, **settings: nn.init.kaiming_normal_(weight, nonlinearity="relu", **settings)
)
RELU = Start(initializer=HE, activation=torch.relu)
FAN_OUT = Start(initializer=HE, activation=torch.relu, settings=lambda _shape: {"mode": "fan_out"})
SIGNAL = signal(
    name="signal", task="4.6", points=1, hint="look", forward=RELU, backward=FAN_OUT, told=("fan_in", "fan_out")
)
CURVE = curve(name="curve", task="4.6", points=1, hint="look", title="loss", start=RELU, hidden=(16, 24), rate=0.05)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Finding]:
    """Return what judges an `he_normal`; what PyTorch shows is computed once for all tests."""
    exercise = load_exercise(REPOSITORY / "exercises" / "initializers")
    reference = load_module(REPOSITORY / "grader" / "suites" / "initializers" / "reference.py")
    folder = tmp_path_factory.mktemp("references")

    def judge(experiment: Ensemble, function: Callable[..., Any] | None = None, seed: int = 3) -> Finding:
        functions = {**reference, **({"he_normal": function} if function else {})}
        world = World(seed=seed, data="digits", folder=folder, version="1")
        return experiment.judge(Solution(OpenChannel(functions), exercise, reference), world)

    return judge


def scaled(factor: float) -> Callable[..., Tensor]:
    """Return a function that makes He's weights so many times too large."""

    def he_normal(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
        fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))
        fan = fan_in if mode == "fan_in" else fan_out
        return factor * math.sqrt(2 / fan) * torch.randn(shape, generator=torch.Generator().manual_seed(seed))

    return he_normal


@pytest.mark.parametrize("experiment", [SIGNAL, CURVE], ids=["signal", "curve"])
@pytest.mark.parametrize("seed", range(5))
def test_right_weights_are_accepted(judged: Callable[..., Finding], experiment: Ensemble, seed: int) -> None:
    found = judged(experiment, scaled(1.0), seed)
    assert found.verdict is Verdict.ACCEPTED, found.message


@pytest.mark.parametrize("factor", [0.88, 1.15])
def test_weights_of_a_slightly_wrong_size_are_told_by_the_signal(judged: Callable[..., Finding], factor: float) -> None:
    found = judged(SIGNAL, scaled(factor))
    assert found.verdict is Verdict.WRONG_ANSWER
    assert "growth of the activations in a layer that widens is" in found.message
    assert ("above" if factor > 1 else "below") in found.message


def test_a_mode_that_is_ignored_shows_in_the_gradients_alone(judged: Callable[..., Finding]) -> None:
    def by_fan_in(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
        return scaled(1.0)(shape, seed=seed)

    found = judged(SIGNAL, by_fan_in)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert "the gradients in a layer that widens" in found.message
    assert "the activations" not in found.message


def test_a_seed_that_is_forgotten_makes_layers_alike(judged: Callable[..., Finding]) -> None:
    def forgetful(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
        return scaled(1.0)(shape, mode=mode, seed=1)

    found = judged(SIGNAL, forgetful)
    assert "the likeness of layers of one shape is" in found.message


def test_weights_that_no_seed_repeats_are_told_by_the_curve(judged: Callable[..., Finding]) -> None:
    def restless(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
        return torch.randn(shape) * he_deviation(shape)

    found = judged(CURVE, restless)
    assert "the difference between two drawings from one seed is not at all PyTorch's" in found.message


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0, -1e30])
@pytest.mark.parametrize("experiment", [SIGNAL, CURVE], ids=["signal", "curve"])
def test_weights_that_are_no_weights_are_refused_in_words(
    judged: Callable[..., Finding], experiment: Ensemble, value: float
) -> None:
    def constant(shape: tuple[int, ...], *, mode: str = "fan_in", seed: int) -> Tensor:
        return torch.full(shape, value)

    found = judged(experiment, constant)
    assert found.verdict is Verdict.WRONG_ANSWER
    assert found.message.endswith("look")
    assert all(picture.as_data() for picture in found.pictures)


def test_what_pytorch_shows_is_drawn_as_a_band_with_small_weights_beside(judged: Callable[..., Finding]) -> None:
    activations, gradients = judged(SIGNAL).pictures
    (losses,) = judged(CURVE).pictures
    for picture in (activations, gradients, losses):
        assert picture.band is not None
        assert [line.name for line in picture.series] == ["PyTorch", "yours", "weights from N(0, 0.01²)"]
    assert len(activations.series[0].x) == 21


def test_an_order_of_weights_is_asked_for_in_a_single_exchange(tmp_path: Path) -> None:
    class Counting(OpenChannel):
        exchanges = 0

        def many(self, function: str, calls: Any) -> list[Any]:
            self.exchanges += 1
            return super().many(function, calls)

    exercise = load_exercise(REPOSITORY / "exercises" / "initializers")
    reference = load_module(REPOSITORY / "grader" / "suites" / "initializers" / "reference.py")
    channel = Counting(reference)
    networks = FAN_OUT.asked(
        Solution(channel, exercise, reference), [(5, 3), (2, 5)], 4, torch.Generator().manual_seed(1)
    )
    assert channel.exchanges == 1
    assert [weight.shape for weight in networks.weights] == [(4, 5, 3), (4, 2, 5)]
    assert [bias.shape for bias in networks.biases] == [(4, 5), (4, 2)]
    assert networks.change.tolist() == [0.0] * 4
