"""Adaptive step sizes: Adagrad, RMSProp, Adam and AdamW."""

import torch


def _refuse_bad_settings(lr, eps, weight_decay):
    if lr < 0 or eps < 0 or weight_decay < 0:
        raise ValueError("lr, eps and weight_decay must not be negative")


def _refuse_bad_moments(betas, step):
    if step < 1:
        raise ValueError("step counts from 1")
    if not all(0 <= beta < 1 for beta in betas):
        raise ValueError("each beta must lie in [0, 1)")


def adagrad_step(param, grad, sum_sq, *, lr=0.01, eps=1e-10, weight_decay=0.0):
    _refuse_bad_settings(lr, eps, weight_decay)
    grad = grad + weight_decay * param
    sum_sq = sum_sq + grad * grad
    return param - lr * grad / (torch.sqrt(sum_sq) + eps), sum_sq


def rmsprop_step(param, grad, square_avg, *, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0):
    _refuse_bad_settings(lr, eps, weight_decay)
    if not 0 <= alpha < 1:
        raise ValueError("alpha must lie in [0, 1)")
    grad = grad + weight_decay * param
    square_avg = alpha * square_avg + (1 - alpha) * grad * grad
    return param - lr * grad / (torch.sqrt(square_avg) + eps), square_avg


def _moments(grad, exp_avg, exp_avg_sq, betas):
    beta1, beta2 = betas
    return beta1 * exp_avg + (1 - beta1) * grad, beta2 * exp_avg_sq + (1 - beta2) * grad * grad


def _update(exp_avg, exp_avg_sq, step, lr, betas, eps):
    corrected_avg = exp_avg / (1 - betas[0] ** step)
    corrected_sq = exp_avg_sq / (1 - betas[1] ** step)
    return lr * corrected_avg / (torch.sqrt(corrected_sq) + eps)


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    _refuse_bad_settings(lr, eps, weight_decay)
    _refuse_bad_moments(betas, step)
    grad = grad + weight_decay * param
    exp_avg, exp_avg_sq = _moments(grad, exp_avg, exp_avg_sq, betas)
    return param - lr * exp_avg / (torch.sqrt(exp_avg_sq) + eps), exp_avg, exp_avg_sq


def adamw_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    _refuse_bad_settings(lr, eps, weight_decay)
    _refuse_bad_moments(betas, step)
    grad = grad + weight_decay * param
    exp_avg, exp_avg_sq = _moments(grad, exp_avg, exp_avg_sq, betas)
    return param - _update(exp_avg, exp_avg_sq, step, lr, betas, eps), exp_avg, exp_avg_sq
