"""A right solution in the style of somebody who thinks in NumPy: arrays inside, tensors at the borders."""

# gradescent-hidden-canary-7f3a9c

import numpy as np
import torch


def _rows(x):
    """Return x as an array of n rows and C columns."""
    array = x.detach().cpu().numpy()
    return np.moveaxis(array, 1, -1).reshape(-1, array.shape[1])


def _back(rows, like):
    """Undo `_rows`: return a tensor shaped like `like`."""
    shape = (like.shape[0], *like.shape[2:], like.shape[1])
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(rows.reshape(shape), -1, 1))).to(like.dtype)


def batchnorm_forward(x, weight, bias, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    if eps <= 0 or not 0 <= momentum <= 1:
        raise ValueError("eps or momentum out of range")
    rows = _rows(x)
    gamma, beta = weight.numpy(), bias.numpy()
    mean, var = running_mean.numpy(), running_var.numpy()
    if training:
        if len(rows) < 2:
            raise ValueError("more than one value per channel is needed")
        mean, var = rows.mean(axis=0), rows.var(axis=0)
        running_mean = running_mean + momentum * (torch.from_numpy(mean) - running_mean)
        running_var = running_var + momentum * (torch.from_numpy(rows.var(axis=0, ddof=1)) - running_var)
    std = np.sqrt(var + eps)
    x_hat = (rows - mean) / std
    out = _back(gamma * x_hat + beta, x)
    cache = [torch.from_numpy(x_hat), torch.from_numpy(gamma / std), "training" if training else "evaluation"]
    return out, running_mean, running_var, cache


def batchnorm_backward(grad_out, cache):
    x_hat, scale, mode = np.asarray(cache[0]), np.asarray(cache[1]), cache[2]
    g = _rows(grad_out)
    grad_weight, grad_bias = np.sum(g * x_hat, axis=0), np.sum(g, axis=0)
    if mode == "training":
        g = g - g.mean(axis=0) - x_hat * np.mean(g * x_hat, axis=0)
    return _back(scale * g, grad_out), torch.from_numpy(grad_weight), torch.from_numpy(grad_bias)
