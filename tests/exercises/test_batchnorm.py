"""What `batchnorm` closes is closed under every name that torch has for it; its twin is what autograd computes."""

from __future__ import annotations

from fnmatch import fnmatch

import pytest
import torch

from grader.catalog import load_exercise
from grader.domain.policy import is_closed
from grader.settings import REPOSITORY
from grader.suites.batchnorm.twins import gradients_by_torch, layer, normal

EXERCISE = load_exercise(REPOSITORY / "exercises" / "batchnorm")
LAYERS = ("batch_norm", "instance_norm", "group_norm", "layer_norm", "rms_norm")


def test_every_function_of_torch_that_normalises_is_closed() -> None:
    names = [name for name in dir(torch) if any(layer in name for layer in LAYERS)]
    assert "batch_norm" in names
    assert [name for name in names if not is_closed(f"torch.{name}", EXERCISE.closed, EXERCISE.opened)] == []


def test_every_operator_that_normalises_is_closed() -> None:
    found = {name.removeprefix("aten::") for name in torch._C._dispatch_get_all_op_names() if name.startswith("aten::")}
    operators = {name.partition(".")[0] for name in found if any(layer in name for layer in LAYERS)}
    assert "native_batch_norm" in operators
    closed = EXERCISE.closed_operators
    assert sorted(name for name in operators if not any(fnmatch(name, pattern) for pattern in closed)) == []


@pytest.mark.parametrize("name", ["torch.no_grad", "torch.autograd.no_grad", "torch.var_mean", "torch.Tensor.var"])
def test_what_helps_to_write_it_is_open(name: str) -> None:
    assert not is_closed(name, EXERCISE.closed, EXERCISE.opened)


@pytest.mark.parametrize("name", ["torch.autograd.grad", "torch.func.vjp", "torch.nn.functional"])
def test_what_does_it_is_closed(name: str) -> None:
    assert is_closed(name, EXERCISE.closed, EXERCISE.opened)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("shape", [(6, 3), (2, 3, 2, 5)])
def test_the_gradients_of_the_twin_are_those_of_autograd(shape: tuple[int, ...], training: bool) -> None:
    draw = torch.Generator().manual_seed(1)
    given, grad_out = layer(draw, shape), normal(draw, shape)
    x, weight, bias = (value.clone().requires_grad_() for value in given[:3])
    out = torch.nn.functional.batch_norm(x, *given[3:], weight, bias, training=training, eps=0.1)
    wanted = torch.autograd.grad(out, (x, weight, bias), grad_out)
    for one, other in zip(gradients_by_torch(given, grad_out, training=training, eps=0.1), wanted, strict=True):
        assert torch.allclose(one, other, rtol=1e-12, atol=1e-12)
