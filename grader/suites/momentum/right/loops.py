"""A right solution in the style of a first programming course: plain Python numbers, one element at a time."""

# gradescent-hidden-canary-7f3a9c

import torch


def _refuse(**settings):
    for name, value in settings.items():
        if value < 0:
            raise ValueError("negative " + name)


def _like(param, numbers):
    return torch.tensor(numbers, dtype=param.dtype).reshape(param.shape)


def sgd_step(param, grad, *, lr, weight_decay=0.0):
    _refuse(lr=lr, weight_decay=weight_decay)
    new = []
    for p, g in zip(param.flatten().tolist(), grad.flatten().tolist(), strict=True):
        new.append(p - lr * (g + weight_decay * p))
    return _like(param, new)


def momentum_step(param, grad, velocity, *, lr, momentum=0.9, weight_decay=0.0):
    _refuse(lr=lr, momentum=momentum, weight_decay=weight_decay)
    params, velocities = [], []
    for p, g, v in zip(*(tensor.flatten().tolist() for tensor in (param, grad, velocity)), strict=True):
        new = g + weight_decay * p + momentum * v
        velocities.append(new)
        params.append(p - lr * new)
    return [_like(param, params), _like(param, velocities)]


def nesterov_step(param, grad, velocity, *, lr, momentum=0.9, weight_decay=0.0):
    _refuse(lr=lr, momentum=momentum, weight_decay=weight_decay)
    params, velocities = [], []
    for p, g, v in zip(*(tensor.flatten().tolist() for tensor in (param, grad, velocity)), strict=True):
        slope = g + weight_decay * p
        # slope + momentum * (momentum * v + slope), multiplied out
        params.append(p - lr * (1 + momentum) * slope - lr * momentum**2 * v)
        velocities.append(momentum * v + slope)
    return [_like(param, params), _like(param, velocities)]
