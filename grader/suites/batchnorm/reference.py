"""The right solution of `batchnorm`. The formulas are those of the exercise's README and of PyTorch 2.13."""

# gradescent-hidden-canary-7f3a9c

from __future__ import annotations

from typing import Any

from torch import Tensor


def batchnorm_forward(
    x: Tensor,
    weight: Tensor,
    bias: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    *,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> tuple[Tensor, Tensor, Tensor, Any]:
    """Return `(out, running_mean, running_var, cache)` of a batch normalisation (Ioffe and Szegedy 2015)."""
    _refuse_invalid(momentum, eps)
    mean, var = running_mean, running_var
    if training:
        count = _values_per_channel(x)
        mean = x.mean(_all_but_channels(x))
        var = ((x - _spread(mean, x)) ** 2).mean(_all_but_channels(x))
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * (count / (count - 1))
    inv_std = 1 / (var + eps).sqrt()
    x_hat = (x - _spread(mean, x)) * _spread(inv_std, x)
    out = _spread(weight, x) * x_hat + _spread(bias, x)
    cache = {"x_hat": x_hat, "inv_std": inv_std, "weight": weight, "training": training}
    return out, running_mean, running_var, cache


def batchnorm_backward(grad_out: Tensor, cache: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Return `(grad_x, grad_weight, grad_bias)`."""
    x_hat, dims = cache["x_hat"], _all_but_channels(grad_out)
    grad_bias = grad_out.sum(dims)
    grad_weight = (grad_out * x_hat).sum(dims)
    grad_x = grad_out * _spread(cache["weight"], grad_out)
    if cache["training"]:
        along = (grad_x * x_hat).mean(dims, keepdim=True)
        grad_x = grad_x - grad_x.mean(dims, keepdim=True) - x_hat * along
    return grad_x * _spread(cache["inv_std"], grad_out), grad_weight, grad_bias


def _all_but_channels(x: Tensor) -> tuple[int, ...]:
    """Return the axes that statistics are taken over."""
    return (0, 2, 3) if x.dim() == 4 else (0,)


def _spread(values: Tensor, x: Tensor) -> Tensor:
    """Return one value per channel in a shape that broadcasts over `x`."""
    return values.reshape(1, -1, 1, 1) if x.dim() == 4 else values.reshape(1, -1)


def _values_per_channel(x: Tensor) -> int:
    count = x.numel() // x.shape[1]
    if count < 2:
        raise ValueError(f"training needs more than one value per channel, got {count}")
    return count


def _refuse_invalid(momentum: float, eps: float) -> None:
    if not eps > 0:
        raise ValueError(f"eps must be positive, got {eps}")
    if not 0 <= momentum <= 1:
        raise ValueError(f"momentum must lie in [0, 1], got {momentum}")
