"""A right solution in the style of a first programming course: plain Python numbers, one element at a time."""

# gradescent-hidden-canary-7f3a9c

import math

import torch


def _each(rule, param, *others):
    """Apply `rule` to the numbers at each place; return as many tensors as it returns numbers."""
    columns = [tensor.flatten().tolist() for tensor in (param, *others)]
    results = [rule(*numbers) for numbers in zip(*columns, strict=True)]
    count = len(others)  # a new parameter and each state; the gradient is not returned
    return tuple(
        torch.tensor([result[place] for result in results], dtype=param.dtype).reshape(param.shape)
        for place in range(count)
    )


def _refuse(*conditions):
    if any(conditions):
        raise ValueError("a hyperparameter is invalid")


def adagrad_step(param, grad, sum_sq, *, lr=0.01, eps=1e-10, weight_decay=0.0):
    _refuse(lr < 0, eps < 0, weight_decay < 0)

    def rule(p, g, s):
        g = g + weight_decay * p
        s = s + g * g
        return p - lr * g / (math.sqrt(s) + eps), s

    return _each(rule, param, grad, sum_sq)


def rmsprop_step(param, grad, square_avg, *, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0):
    _refuse(lr < 0, eps < 0, weight_decay < 0, not 0 <= alpha <= 1)

    def rule(p, g, v):
        g = g + weight_decay * p
        v = v - (1 - alpha) * (v - g * g)
        return p - lr / (math.sqrt(v) + eps) * g, v

    return _each(rule, param, grad, square_avg)


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    beta1, beta2 = betas
    _refuse(lr < 0, eps < 0, weight_decay < 0, not 0 <= beta1 < 1, not 0 <= beta2 < 1, step < 1)

    def rule(p, g, m, v):
        g = g + weight_decay * p
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        return p - lr * (m / (1 - beta1**step)) / (math.sqrt(v / (1 - beta2**step)) + eps), m, v

    return _each(rule, param, grad, exp_avg, exp_avg_sq)


def adamw_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    _refuse(weight_decay < 0)
    stepped, exp_avg, exp_avg_sq = adam_step(param, grad, exp_avg, exp_avg_sq, step, lr=lr, betas=betas, eps=eps)
    return stepped - lr * weight_decay * param, exp_avg, exp_avg_sq
