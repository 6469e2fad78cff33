"""A right solution in the style of somebody who thinks in NumPy: arrays inside, tensors at the borders."""

# gradescent-hidden-canary-7f3a9c

import numpy as np
import torch


def _validate(lr, weight_decay, momentum=0.0):
    if lr < 0.0 or weight_decay < 0.0 or momentum < 0.0:
        raise ValueError("lr, momentum and weight_decay must not be negative")


def _arrays(*tensors):
    return [tensor.detach().cpu().numpy() for tensor in tensors]


def _tensor(like, array):
    return torch.as_tensor(np.array(array, copy=True)).to(like.dtype)


def sgd_step(param, grad, *, lr, weight_decay=0.0):
    _validate(lr, weight_decay)
    p, g = _arrays(param, grad)
    return _tensor(param, p - lr * g - lr * weight_decay * p)


def momentum_step(param, grad, velocity, *, lr, momentum=0.9, weight_decay=0.0):
    _validate(lr, weight_decay, momentum)
    p, g, v = _arrays(param, grad, velocity)
    v = momentum * v + g + weight_decay * p
    return _tensor(param, p - lr * v), _tensor(param, v)


def nesterov_step(param, grad, velocity, *, lr, momentum=0.9, weight_decay=0.0):
    _validate(lr, weight_decay, momentum)
    p, g, v = _arrays(param, grad, velocity)
    g = g + weight_decay * p
    new = momentum * v + g
    # g is new - momentum * v, so g + momentum * new is this:
    step = new + momentum * (new - v)
    return _tensor(param, p - lr * step), _tensor(param, new)
