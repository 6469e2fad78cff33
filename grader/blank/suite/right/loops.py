"""A right solution in the style of a first programming course: one element at a time."""

import torch


def scale(x, *, factor=2.0):
    if factor < 0:
        raise ValueError("factor must not be negative")
    numbers = [factor * number for number in x.flatten().tolist()]
    return torch.tensor(numbers, dtype=x.dtype).reshape(x.shape)
