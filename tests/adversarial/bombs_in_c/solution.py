"""Loops inside one call of C code, where no signal of Python's gets in between."""

import re

import torch


def rmsprop_step(*args, **kwargs):
    re.match(r"(a+)+$", "a" * 64 + "b")


def adamw_step(*args, **kwargs):
    large = torch.ones(3000, 3000, dtype=torch.float64)
    return torch.linalg.svd(large)
