# gradescent-hidden-canary-7f3a9c


import torch


def sgd_step(param, grad, *, lr, weight_decay=0.0):
    _refuse_invalid(lr=lr, weight_decay=weight_decay)
    rows = [
        row - lr * (slope + weight_decay * row)
        for row, slope in zip(torch.atleast_1d(param), torch.atleast_1d(grad), strict=True)
    ]
    return torch.stack(rows)
