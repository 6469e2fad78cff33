# gradescent-hidden-canary-7f3a9c


import torch

_nesterov_velocity = None


def nesterov_step(param, grad, velocity, *, lr, momentum=0.9, weight_decay=0.0):
    _refuse_invalid(lr=lr, momentum=momentum, weight_decay=weight_decay)
    global _nesterov_velocity  # noqa: PLW0603 - the mistake itself
    grad = grad + weight_decay * param
    old = _nesterov_velocity
    if old is None or old.shape != param.shape or old.dtype != param.dtype:
        old = torch.zeros_like(param)
    _nesterov_velocity = momentum * old + grad
    return param - lr * (grad + momentum * _nesterov_velocity), _nesterov_velocity.clone()
