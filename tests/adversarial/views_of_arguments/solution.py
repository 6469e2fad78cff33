"""Compute in the arguments' own memory and return views of it, each made in another way."""

import torch

_step = adam_step


def adam_step(param, grad, exp_avg, exp_avg_sq, step, **settings):
    results = _step(param, grad, exp_avg, exp_avg_sq, step, **settings)
    for place, value in zip((param, exp_avg, exp_avg_sq), results):
        place.copy_(value)
    return (
        torch.as_strided(param, param.shape, param.stride(), param.storage_offset()),
        torch.empty(0, dtype=exp_avg.dtype).set_(exp_avg),
        torch.from_numpy(exp_avg_sq.numpy()),
    )
