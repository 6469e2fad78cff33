"""A right solution in the style of somebody who thinks in NumPy: arrays inside, tensors at the borders."""

# gradescent-hidden-canary-7f3a9c

import numpy as np
import torch


def _validate(lr, eps, weight_decay, alpha=0.0, betas=(0.0, 0.0), step=1):
    if lr < 0.0 or eps < 0.0 or weight_decay < 0.0:
        raise ValueError("lr, eps and weight_decay must not be negative")
    if not 0.0 <= alpha <= 1.0 or not (0.0 <= betas[0] < 1.0 and 0.0 <= betas[1] < 1.0) or step < 1:
        raise ValueError("alpha, betas or step out of range")


def _arrays(*tensors):
    return [tensor.detach().cpu().numpy() for tensor in tensors]


def _tensors(like, *arrays):
    return tuple(torch.as_tensor(np.array(array, copy=True)).to(like.dtype) for array in arrays)


def adagrad_step(param, grad, sum_sq, *, lr=0.01, eps=1e-10, weight_decay=0.0):
    _validate(lr, eps, weight_decay)
    p, g, s = _arrays(param, grad, sum_sq)
    g = g + weight_decay * p
    s = s + np.square(g)
    return _tensors(param, p - lr * g / (np.sqrt(s) + eps), s)


def rmsprop_step(param, grad, square_avg, *, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0):
    _validate(lr, eps, weight_decay, alpha=alpha)
    p, g, v = _arrays(param, grad, square_avg)
    g = g + weight_decay * p
    v = alpha * v + (1 - alpha) * np.square(g)
    return _tensors(param, p - lr * g / (np.sqrt(v) + eps), v)


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    _validate(lr, eps, weight_decay, betas=betas, step=step)
    p, g, m, v = _arrays(param, grad, exp_avg, exp_avg_sq)
    g = g + weight_decay * p
    m = betas[0] * m + (1 - betas[0]) * g
    v = betas[1] * v + (1 - betas[1]) * np.square(g)
    scale = np.sqrt(v / (1 - np.power(betas[1], step))) + eps
    return _tensors(param, p - lr * m / (1 - np.power(betas[0], step)) / scale, m, v)


def adamw_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    _validate(lr, eps, weight_decay, betas=betas, step=step)
    decayed = param - lr * weight_decay * param
    return adam_step(decayed, grad, exp_avg, exp_avg_sq, step, lr=lr, betas=betas, eps=eps)
