"""Dropout with NumPy's generator and arrays inside."""

# gradescent-hidden-canary-7f3a9c

import numpy as np
import torch


def dropout_forward(x, p, *, training, seed):
    if p < 0.0 or p > 1.0:
        raise ValueError("dropout probability has to be between 0 and 1")
    values = x.detach().cpu().numpy()
    if not training:
        return torch.from_numpy(values.copy()), torch.from_numpy(np.ones(values.shape, dtype=bool))
    keep = np.asarray(np.random.default_rng(seed).random(values.shape) >= p)
    return torch.from_numpy(apply(values, keep, p)), torch.from_numpy(keep)


def dropout_backward(grad_out, mask, p, *, training):
    if p < 0.0 or p > 1.0:
        raise ValueError("dropout probability has to be between 0 and 1")
    grad = grad_out.detach().cpu().numpy()
    return torch.from_numpy(apply(grad, mask.cpu().numpy(), p) if training else grad.copy())


def apply(values, keep, p):
    if p == 1.0:
        return np.zeros_like(values)
    result = np.asarray(values * keep / (1.0 - p))
    return result.astype(values.dtype)
