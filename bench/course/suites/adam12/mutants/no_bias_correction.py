# ruff: noqa: F821 - executed on top of the names of reference.py


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    _refuse_invalid(lr, betas, eps, weight_decay, step)
    grad = grad + weight_decay * param
    exp_avg = betas[0] * exp_avg + (1 - betas[0]) * grad
    exp_avg_sq = betas[1] * exp_avg_sq + (1 - betas[1]) * grad**2
    return param - lr * exp_avg / (exp_avg_sq.sqrt() + eps), exp_avg, exp_avg_sq
