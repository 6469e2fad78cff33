"""The public test of `adam12`: the first step, by hand."""

import runpy
from pathlib import Path

import torch


def test_the_first_step_has_the_size_of_lr():
    adam_step = runpy.run_path(str(Path(__file__).with_name("adam12.py")))["adam_step"]
    zeros = torch.zeros(2, dtype=torch.float64)
    param = torch.tensor([1.0, -2.0], dtype=torch.float64)
    grad = torch.tensor([0.5, -4.0], dtype=torch.float64)
    param, _, _ = adam_step(param, grad, zeros, zeros, 1, lr=0.1)
    assert torch.allclose(param, torch.tensor([0.9, -1.9], dtype=torch.float64))
