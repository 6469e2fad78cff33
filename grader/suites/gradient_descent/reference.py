"""The right solution of `gradient_descent`. The formulas are those of the exercise's README."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

import torch
from torch import Tensor


def mse_loss(pred: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean of the squared differences over all elements, and 2 (pred - target) / numel."""
    if pred.shape != target.shape:
        raise ValueError(f"pred and target must have one shape, got {tuple(pred.shape)} and {tuple(target.shape)}")
    return _mean_square(pred - target)


def cross_entropy_loss(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean of log-sum-exp minus the right logit, and (softmax - one-hot) / N."""
    num_samples, num_classes = logits.shape
    if bool(((labels < 0) | (labels >= num_classes)).any()):
        raise ValueError(f"labels must lie in 0 .. {num_classes - 1}")
    shifted = logits - logits.amax(dim=1, keepdim=True)
    exponentials = shifted.exp()
    sums = exponentials.sum(dim=1, keepdim=True)
    rows = torch.arange(num_samples, device=labels.device)
    loss = (sums.log().squeeze(1) - shifted[rows, labels]).mean()
    grad = exponentials / sums
    grad[rows, labels] -= 1
    return loss, grad / num_samples


def gradient_descent_step(param: Tensor, grad: Tensor, *, lr: float) -> Tensor:
    """Return param - lr * grad."""
    if not lr >= 0:
        raise ValueError(f"lr must not be negative, got {lr}")
    return param - lr * grad


def clip_by_global_norm(grads: list[Tensor], *, max_norm: float) -> tuple[list[Tensor], Tensor]:
    """Return the gradients, scaled to `max_norm` together if longer (Pascanu and others 2013), and their norm."""
    if not max_norm >= 0:
        raise ValueError(f"max_norm must not be negative, got {max_norm}")
    norm = torch.stack([(grad**2).sum() for grad in grads]).sum().sqrt()
    if bool(norm > max_norm):
        return [grad * (max_norm / norm) for grad in grads], norm
    return [grad.clone() for grad in grads], norm


def minibatches(num_samples: int, batch_size: int, *, seed: int, drop_last: bool = False) -> list[Tensor]:
    """Return a permutation of the indices, cut into batches."""
    if num_samples < 1 or batch_size < 1:
        raise ValueError(f"num_samples and batch_size must be at least 1, got {num_samples} and {batch_size}")
    order = torch.randperm(num_samples, generator=torch.Generator().manual_seed(seed))
    batches = list(torch.split(order, batch_size))
    return [batch for batch in batches if len(batch) == batch_size] if drop_last else batches


def fit_linear(x: Tensor, y: Tensor, *, lr: float, num_steps: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return weight, bias and the loss before each step of gradient descent from zero."""
    if not lr >= 0 or num_steps < 0:
        raise ValueError(f"lr and num_steps must not be negative, got {lr} and {num_steps}")
    weight, bias = x.new_zeros(x.shape[1]), x.new_zeros(())
    losses = x.new_zeros(num_steps)
    for step in range(num_steps):
        losses[step], grad_pred = _mean_square(x @ weight + bias - y)
        weight = weight - lr * (x.t() @ grad_pred)
        bias = bias - lr * grad_pred.sum()
    return weight, bias, losses


def _mean_square(difference: Tensor) -> tuple[Tensor, Tensor]:
    return (difference**2).mean(), 2 * difference / difference.numel()
