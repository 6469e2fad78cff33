"""Networks with layers inside: going through them by hand comes to what PyTorch's autograd makes of the whole."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from grader.comparison.experiments.layers import Chain, cross_entropy, descend, linear
from grader.comparison.experiments.normalising import PYTORCHS, BatchNorm, new

pytestmark = pytest.mark.slow

CHAIN = Chain(
    3,
    (linear, lambda x, weight, bias: linear(x.tanh(), weight, bias), linear),
    ((5, 3), (4, 5), (2, 4)),
)


class Scaling:
    """A layer that multiplies, with a gradient of its own."""

    def __init__(self, factor: float) -> None:
        self.training = True
        self.factor = factor
        self.grad_x = torch.empty(0)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor

    def backward(self, grad_out: Tensor) -> Tensor:
        self.grad_x = grad_out * self.factor
        return self.grad_x

    def descend(self, rate: float) -> None:
        """Nothing to move."""


def draw() -> torch.Generator:
    return torch.Generator().manual_seed(1)


def test_gradients_through_the_layers_are_those_of_the_whole_network() -> None:
    generator = draw()
    params = CHAIN.start(generator, torch.float64)
    x, labels = torch.randn(7, 3, generator=generator, dtype=torch.float64), torch.tensor([0, 1, 1, 0, 1, 0, 0])
    loss, grads = CHAIN.gradients(params, [Scaling(2.0), Scaling(-0.5)], x, partial(cross_entropy, labels=labels))

    leaves = [tensor.clone().requires_grad_() for own in params for tensor in own]
    hidden = 2.0 * functional.linear(x, *leaves[:2])
    hidden = -0.5 * functional.linear(hidden.tanh(), *leaves[2:4])
    whole = functional.cross_entropy(functional.linear(hidden, *leaves[4:]), labels)
    expected = torch.autograd.grad(whole, leaves)
    assert torch.allclose(loss, whole.detach(), rtol=1e-14)
    assert not loss.requires_grad
    for got, wanted in zip((grad for own in grads for grad in own), expected, strict=True):
        assert torch.allclose(got, wanted, rtol=1e-12, atol=1e-15)


def test_runs_side_by_side_go_as_each_would_alone() -> None:
    generator = draw()
    starts = [CHAIN.start(generator, torch.float64) for _ in range(3)]
    x = torch.randn(3, 6, 3, generator=generator, dtype=torch.float64)
    labels = torch.randint(2, (3, 6), generator=generator)
    together = [[torch.stack(parts) for parts in zip(*own, strict=True)] for own in zip(*starts, strict=True)]
    layers = [Scaling(2.0), Scaling(3.0)]
    losses, grads = CHAIN.gradients(together, layers, x, partial(cross_entropy, labels=labels))
    for run in range(3):
        loss, alone = CHAIN.gradients(starts[run], layers, x[run], partial(cross_entropy, labels=labels[run]))
        assert torch.allclose(losses[run], loss, rtol=1e-13)
        for got, wanted in zip(grads, alone, strict=True):
            for one, other in zip(got, wanted, strict=True):
                assert torch.allclose(one[run], other, rtol=1e-12, atol=1e-15)


def test_a_descent_with_batch_normalisations_is_the_one_that_torch_nn_makes() -> None:
    generator = draw()
    params = CHAIN.start(generator, torch.float64)
    linears = [nn.Linear(3, 5).double(), nn.Linear(5, 4).double(), nn.Linear(4, 2).double()]
    norms = [nn.BatchNorm1d(5).double(), nn.BatchNorm1d(4).double()]
    with torch.no_grad():
        for module, (weight, bias) in zip(linears, params, strict=True):
            module.weight.copy_(weight)
            module.bias.copy_(bias)
    x = torch.randn(8, 9, 3, generator=generator, dtype=torch.float64)
    labels = torch.randint(2, (8, 9), generator=generator)
    layers = [BatchNorm(PYTORCHS, new(count, torch.float64), {}) for count in (5, 4)]
    steps = list(descend(CHAIN, params, layers, zip(x, labels, strict=True), 0.3))

    learnt = list(nn.ModuleList([*linears, *norms]).parameters())
    optimizer = torch.optim.SGD(learnt, lr=0.3)
    for (loss, _), inputs, targets in zip(steps, x, labels, strict=True):
        hidden = norms[1](linears[1](norms[0](linears[0](inputs)).tanh()))
        expected = functional.cross_entropy(linears[2](hidden), targets)
        for param, grad in zip(learnt, torch.autograd.grad(expected, learnt), strict=True):
            param.grad = grad
        optimizer.step()
        assert torch.allclose(loss, expected.detach(), rtol=1e-12)
    for layer, norm in zip(layers, norms, strict=True):
        for name in ("weight", "bias", "running_mean", "running_var"):
            assert torch.allclose(getattr(layer, name), getattr(norm, name), rtol=1e-10, atol=1e-14)
    for module, (weight, _) in zip(linears, steps[-1][1], strict=True):
        assert torch.allclose(weight, module.weight, rtol=1e-10, atol=1e-14)


def test_a_fresh_network_has_the_same_weights_in_each_dtype_and_keeps_the_size_of_signals() -> None:
    wide = Chain(400, (linear, linear), ((300, 400), (8, 300)))
    double, single = (wide.start(draw(), dtype) for dtype in (torch.float64, torch.float32))
    assert torch.equal(double[0][0].float(), single[0][0])
    assert abs(float(double[0][0].var()) * 400 - 1) < 0.02
    assert not double[1][1].any()


def test_outputs_leave_no_way_back() -> None:
    params = CHAIN.start(draw(), torch.float64)
    params[0][0].requires_grad_()
    out = CHAIN.outputs(params, [Scaling(1.0), Scaling(1.0)], torch.ones(2, 3, dtype=torch.float64))
    assert not out.requires_grad
