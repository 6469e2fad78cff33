"""Dropout with in-place operations, on tensors of its own."""

# gradescent-hidden-canary-7f3a9c

import torch


def dropout_forward(x, p, *, training, seed):
    if p < 0 or p > 1:
        raise ValueError("p is a probability")
    mask = torch.ones_like(x, dtype=torch.bool)
    if not training:
        return x, mask
    generator = torch.Generator()
    generator.manual_seed(seed)
    mask.bernoulli_(1 - p, generator=generator)
    return dropped_and_scaled(x, mask, p), mask


def dropout_backward(grad_out, mask, p, *, training):
    if p < 0 or p > 1:
        raise ValueError("p is a probability")
    return dropped_and_scaled(grad_out, mask, p) if training else grad_out


@torch.no_grad()
def dropped_and_scaled(values, mask, p):
    result = values.clone()
    result[~mask] = 0.0
    if p < 1:
        result.mul_(1 / (1 - p))
    return result
