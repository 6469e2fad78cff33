"""A right solution that goes to NumPy and back."""

# gradescent-hidden-canary-7f3a9c

import numpy as np
import torch


def _back(array, like):
    return torch.from_numpy(np.array(array)).to(like.dtype)


def mse_loss(pred, target):
    p, t = pred.numpy(), target.numpy()
    if p.shape != t.shape:
        raise ValueError(f"shapes {p.shape} and {t.shape}")
    error = p - t
    return _back(np.mean(np.square(error)), pred), _back(error * (2 / error.size), pred)


def cross_entropy_loss(logits, labels):
    z, k = logits.numpy(), labels.numpy()
    n, c = z.shape
    if np.any(k < 0) or np.any(k >= c):
        raise ValueError("label out of range")
    one_hot = np.eye(c, dtype=z.dtype)[k]
    top = z.max(axis=1, keepdims=True)
    log_sum = top + np.log(np.exp(z - top).sum(axis=1, keepdims=True))
    loss = np.mean(log_sum[:, 0] - (z * one_hot).sum(axis=1))
    return _back(loss, logits), _back((np.exp(z - log_sum) - one_hot) / n, logits)


def gradient_descent_step(param, grad, *, lr):
    if not lr >= 0:
        raise ValueError("lr")
    return _back(param.numpy() - lr * grad.numpy(), param)


def clip_by_global_norm(grads, *, max_norm):
    if not max_norm >= 0:
        raise ValueError("max_norm")
    norm = np.linalg.norm([np.linalg.norm(grad.numpy()) for grad in grads])
    factor = max_norm / norm if norm > max_norm else 1.0
    return tuple(_back(grad.numpy() * factor, grad) for grad in grads), _back(norm, grads[0])


def minibatches(num_samples, batch_size, *, seed, drop_last=False):
    if min(num_samples, batch_size) < 1:
        raise ValueError("sizes must be positive")
    order = np.random.default_rng(seed).permutation(num_samples)
    if drop_last:
        order = order[: num_samples // batch_size * batch_size]
    return [torch.from_numpy(order[start : start + batch_size]) for start in range(0, len(order), batch_size)]


def fit_linear(x, y, *, lr, num_steps):
    if not lr >= 0 or num_steps < 0:
        raise ValueError("lr or num_steps")
    a, b = x.numpy(), y.numpy()
    weight, bias = np.zeros(a.shape[1], dtype=a.dtype), a.dtype.type(0)
    losses = []
    for _ in range(num_steps):
        error = a.dot(weight) + bias - b
        losses.append(np.mean(error**2))
        weight, bias = weight - lr * 2 * a.T.dot(error) / len(b), bias - lr * 2 * np.mean(error)
    return _back(weight, x), _back(bias, x), _back(np.array(losses, dtype=a.dtype), x)
