# gradescent-hidden-canary-7f3a9c


import torch

_velocity = None


def momentum_step(param, grad, velocity, *, lr, momentum=0.9, weight_decay=0.0):
    _refuse_invalid(lr=lr, momentum=momentum, weight_decay=weight_decay)
    global _velocity  # noqa: PLW0603 - the mistake itself
    if _velocity is None or _velocity.shape != param.shape or _velocity.dtype != param.dtype:
        _velocity = torch.zeros_like(param)
    _velocity = momentum * _velocity + (grad + weight_decay * param)
    return param - lr * _velocity, _velocity.clone()
