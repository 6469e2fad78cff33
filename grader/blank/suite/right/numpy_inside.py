"""A right solution in the style of somebody who thinks in NumPy: arrays inside, tensors at the borders."""

import numpy as np
import torch


def scale(x, *, factor=2.0):
    if factor < 0:
        raise ValueError("factor must not be negative")
    return torch.from_numpy(np.asarray(np.multiply(x.numpy(), factor))).to(x.dtype)
