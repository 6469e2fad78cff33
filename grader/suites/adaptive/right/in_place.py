"""A right solution in the style of PyTorch's own optimizers: in-place operations, on clones."""

# gradescent-hidden-canary-7f3a9c

import torch


def _check(lr, eps, weight_decay, unit=(), step=1):
    if min(lr, eps, weight_decay) < 0 or not all(0.0 <= value < 1.0 for value in unit) or step < 1:
        raise ValueError("invalid hyperparameter")


def adagrad_step(param, grad, sum_sq, *, lr=0.01, eps=1e-10, weight_decay=0.0):
    _check(lr, eps, weight_decay)
    param, grad, sum_sq = param.clone(), grad.clone(), sum_sq.clone()
    grad.add_(param, alpha=weight_decay)
    sum_sq.addcmul_(grad, grad)
    param.addcdiv_(grad, sum_sq.sqrt().add_(eps), value=-lr)
    return param, sum_sq


def rmsprop_step(param, grad, square_avg, *, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0):
    _check(lr, eps, weight_decay)
    if alpha < 0 or alpha > 1:
        raise ValueError("invalid alpha")
    param, grad, square_avg = param.clone(), grad.clone(), square_avg.clone()
    grad.add_(param, alpha=weight_decay)
    square_avg.mul_(alpha).addcmul_(grad, grad, value=1 - alpha)
    param.addcdiv_(grad, square_avg.sqrt().add_(eps), value=-lr)
    return param, square_avg


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    _check(lr, eps, weight_decay, betas, step)
    return _move(param.clone(), grad.add(param, alpha=weight_decay), exp_avg, exp_avg_sq, step, lr, betas, eps)


def adamw_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    _check(lr, eps, weight_decay, betas, step)
    return _move(param.mul(1 - lr * weight_decay), grad, exp_avg, exp_avg_sq, step, lr, betas, eps)


def _move(param, grad, exp_avg, exp_avg_sq, step, lr, betas, eps):
    exp_avg = torch.lerp(exp_avg, grad, 1 - betas[0])
    exp_avg_sq = exp_avg_sq.clone().mul_(betas[1]).addcmul_(grad, grad, value=1 - betas[1])
    root = exp_avg_sq.sqrt().div_((1 - betas[1] ** step) ** 0.5).add_(eps)
    param.addcdiv_(exp_avg, root, value=-lr / (1 - betas[0] ** step))
    return param, exp_avg, exp_avg_sq
