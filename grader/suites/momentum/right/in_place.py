"""A right solution in the style of PyTorch's own optimizers: in-place operations, on clones."""

# gradescent-hidden-canary-7f3a9c

import torch


def _check(*values):
    if min(values) < 0:
        raise ValueError("invalid hyperparameter")


@torch.no_grad()
def sgd_step(param, grad, *, lr, weight_decay=0.0):
    _check(lr, weight_decay)
    return param.clone().mul_(1 - lr * weight_decay).sub_(grad, alpha=lr)


@torch.no_grad()
def momentum_step(param, grad, velocity, *, lr, momentum=0.9, weight_decay=0.0):
    _check(lr, momentum, weight_decay)
    param, velocity = param.clone(), velocity.clone()
    velocity.mul_(momentum).add_(grad)
    if weight_decay:
        velocity.add_(param, alpha=weight_decay)
    param.add_(velocity, alpha=-lr)
    return param, velocity


@torch.no_grad()
def nesterov_step(param, grad, velocity, *, lr, momentum=0.9, weight_decay=0.0):
    _check(lr, momentum, weight_decay)
    param, grad, velocity = param.clone(), grad.clone(), velocity.clone()
    grad.add_(param, alpha=weight_decay)
    velocity.mul_(momentum).add_(grad)
    grad.add_(velocity, alpha=momentum)
    param.sub_(grad.mul_(lr))
    return param, velocity
