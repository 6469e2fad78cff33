"""Dropout element by element, in plain Python."""

# gradescent-hidden-canary-7f3a9c

import torch


def dropout_forward(x, p, *, training, seed):
    check(p)
    if not training:
        return x.clone(), torch.full(x.shape, True)
    generator = torch.Generator().manual_seed(seed)
    coins = torch.rand(x.numel(), generator=generator, dtype=torch.float64).tolist()
    kept = [coin < 1 - p for coin in coins]
    mask = torch.tensor(kept, dtype=torch.bool).reshape(x.shape)
    return scaled(x, kept, p), mask


def dropout_backward(grad_out, mask, p, *, training):
    check(p)
    if training:
        return scaled(grad_out, mask.flatten().tolist(), p)
    return grad_out.clone()


def scaled(values, kept, p):
    result = []
    for value, keep in zip(values.flatten().tolist(), kept, strict=True):
        if keep:
            result.append(value / (1 - p))
        else:
            result.append(0.0)
    return torch.tensor(result, dtype=values.dtype).reshape(values.shape)


def check(p):
    if not 0 <= p <= 1:
        raise ValueError(f"p={p}")
