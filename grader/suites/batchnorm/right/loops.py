"""A right solution in the style of somebody who does not trust broadcasting: one channel after the other, in lists."""

# gradescent-hidden-canary-7f3a9c

import math

import torch


def batchnorm_forward(x, weight, bias, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    if not eps > 0:
        raise ValueError("eps")
    if not 0 <= momentum <= 1:
        raise ValueError("momentum")
    out = torch.empty(x.shape, dtype=x.dtype)
    new_mean, new_var = [], []
    channels = []
    for channel in range(x.shape[1]):
        values = x[:, channel].flatten().tolist()
        n = len(values)
        old_mean, old_var = float(running_mean[channel]), float(running_var[channel])
        if training:
            if n < 2:
                raise ValueError("a variance needs two values")
            mean = sum(values) / n
            squares = sum((value - mean) ** 2 for value in values)
            var = squares / n
            new_mean.append((1 - momentum) * old_mean + momentum * mean)
            new_var.append((1 - momentum) * old_var + momentum * squares / (n - 1))
        else:
            mean, var = old_mean, old_var
            new_mean.append(old_mean)
            new_var.append(old_var)
        root = math.sqrt(var + eps)
        normalised = [(value - mean) / root for value in values]
        scaled = [float(weight[channel]) * value + float(bias[channel]) for value in normalised]
        out[:, channel] = torch.tensor(scaled, dtype=x.dtype).reshape(out[:, channel].shape)
        channels.append({"x_hat": normalised, "root": root, "weight": float(weight[channel])})
    kept = torch.tensor(new_mean, dtype=x.dtype), torch.tensor(new_var, dtype=x.dtype)
    return out, *kept, {"training": training, "channels": channels}


def batchnorm_backward(grad_out, cache):
    grad_x = torch.empty(grad_out.shape, dtype=grad_out.dtype)
    grad_weight, grad_bias = [], []
    for channel, kept in enumerate(cache["channels"]):
        g = grad_out[:, channel].flatten().tolist()
        x_hat, root, weight = kept["x_hat"], kept["root"], kept["weight"]
        n = len(g)
        grad_bias.append(sum(g))
        grad_weight.append(sum(one * other for one, other in zip(g, x_hat, strict=True)))
        grad_hat = [weight * one for one in g]
        if cache["training"]:
            # the way through the variance, then the way through the mean, as in the chain rule
            grad_var = -0.5 * sum(d * value * root for d, value in zip(grad_hat, x_hat, strict=True)) / root**3
            centred = [d / root + grad_var * 2 * value * root / n for d, value in zip(grad_hat, x_hat, strict=True)]
            mean = sum(centred) / n
            row = [value - mean for value in centred]
        else:
            row = [d / root for d in grad_hat]
        grad_x[:, channel] = torch.tensor(row, dtype=grad_out.dtype).reshape(grad_x[:, channel].shape)
    return (
        grad_x,
        torch.tensor(grad_weight, dtype=grad_out.dtype),
        torch.tensor(grad_bias, dtype=grad_out.dtype),
    )
