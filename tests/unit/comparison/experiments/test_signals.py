"""Signals in deep networks: what is measured of them, held to a network that PyTorch builds layer by layer."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from grader.comparison.experiments.signals import DEEP, flow, growth, likeness, signals

pytestmark = pytest.mark.slow

RUNS = 3


def drawn(deviation: float | None = None) -> tuple[list[Tensor], list[Tensor]]:
    """Return weights for some networks side by side, of He's size unless another is given, and biases."""
    draw = torch.Generator().manual_seed(1)
    weights = [
        torch.randn((RUNS, *shape), generator=draw) * (deviation or math.sqrt(2 / math.prod(shape[1:])))
        for shape in DEEP
    ]
    return weights, [0.1 * torch.randn((RUNS, shape[0]), generator=draw) for shape in DEEP]


def sent() -> tuple[Tensor, Tensor]:
    """Return the same signals for each of the networks."""
    x, back = signals(torch.Generator().manual_seed(2))
    return x.expand(RUNS, *x.shape), back.expand(RUNS, *back.shape)


def test_networks_side_by_side_are_those_that_pytorch_builds_one_by_one() -> None:
    weights, biases = drawn()
    x, back = sent()
    found = flow(weights, biases, x, back, torch.relu)
    for run in range(RUNS):
        places = [x[run].clone().requires_grad_()]
        for shape, weight, bias in zip(DEEP, weights, biases, strict=True):
            is_convolution = len(shape) > 2
            layer = (
                nn.Conv2d(shape[1], shape[0], 3, padding=1, padding_mode="circular")
                if is_convolution
                else nn.Linear(shape[1], shape[0])
            )
            layer.load_state_dict({"weight": weight[run], "bias": bias[run]})
            places.append(layer(places[-1] if is_convolution else places[-1].flatten(1)).relu())
        for place in places[1:]:
            place.retain_grad()
        places[-1].backward(back[run])
        for sizes, tensors in ((found.activations, places), (found.gradients, [place.grad for place in places])):
            wanted = torch.stack([tensor.detach().double().square().mean().log() for tensor in tensors])
            torch.testing.assert_close(sizes[run], wanted, rtol=1e-4, atol=1e-4)


def test_layers_that_widen_and_layers_that_narrow_take_turns() -> None:
    widens = [shape[0] > shape[1] for shape in DEEP]
    assert len(DEEP) == 20
    assert sum(widens) == 10
    assert all(shape[0] != shape[1] for shape in DEEP)


def test_growth_is_the_mean_of_what_the_named_layers_multiply_by() -> None:
    sizes = torch.tensor([[0.0, 1.0, 1.5, 4.0]], dtype=torch.float64)
    assert growth(sizes, [0, 2]).tolist() == [1.75]
    assert growth(sizes, [1]).tolist() == [0.5]


def test_layers_that_are_copies_are_alike_and_others_are_not() -> None:
    weights, _ = drawn()
    by_shape = {weight.shape: weight for weight in weights}
    assert likeness(weights).abs().max() < 0.1
    torch.testing.assert_close(likeness([by_shape[weight.shape] for weight in weights]), torch.ones(RUNS).double())


@pytest.mark.parametrize("value", [math.nan, math.inf, 0.0, 1e30])
def test_any_weights_make_a_flow(value: float) -> None:
    weights, biases = drawn()
    weights[3] = torch.full_like(weights[3], value)
    found = flow(weights, biases, *sent(), torch.tanh)
    assert found.activations.shape == found.gradients.shape == (RUNS, len(DEEP) + 1)
