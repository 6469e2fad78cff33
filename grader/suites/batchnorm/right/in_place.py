"""A right solution in the style of somebody who saves memory: clones first, then operations that end in `_`."""

# gradescent-hidden-canary-7f3a9c

import torch


def _axes(x):
    return [axis for axis in range(x.dim()) if axis != 1]


def _shape(x):
    return [1, -1] + [1] * (x.dim() - 2)


def _check(x, training, momentum, eps):
    if eps <= 0.0 or momentum < 0.0 or momentum > 1.0:
        raise ValueError("eps must be positive and momentum in [0, 1]")
    if training and x.numel() == x.size(1):
        raise ValueError("one value per channel has no variance")


@torch.no_grad()
def batchnorm_forward(x, weight, bias, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    _check(x, training, momentum, eps)
    running_mean, running_var = running_mean.clone(), running_var.clone()
    if training:
        mean = x.mean(dim=_axes(x))
        var = x.var(dim=_axes(x), correction=0)
        running_mean.lerp_(mean, momentum)
        running_var.lerp_(x.var(dim=_axes(x), correction=1), momentum)
    else:
        mean, var = running_mean.clone(), running_var.clone()
    inv_std = var.add_(eps).rsqrt_()
    x_hat = x.clone()
    x_hat.sub_(mean.reshape(_shape(x))).mul_(inv_std.reshape(_shape(x)))
    out = x_hat.clone()
    out.mul_(weight.reshape(_shape(x))).add_(bias.reshape(_shape(x)))
    return out, running_mean, running_var, (x_hat, inv_std * weight, training)


@torch.no_grad()
def batchnorm_backward(grad_out, cache):
    x_hat, scale, training = cache
    axes, shape = _axes(grad_out), _shape(grad_out)
    grad_bias = grad_out.sum(dim=axes)
    grad_weight = (grad_out * x_hat).sum(dim=axes)
    grad_x = grad_out.clone(memory_format=torch.contiguous_format)
    if training:
        count = grad_out.numel() / grad_out.size(1)
        grad_x.sub_((grad_bias / count).reshape(shape))
        grad_x.sub_(x_hat * (grad_weight / count).reshape(shape))
    grad_x.mul_(scale.reshape(shape))
    return grad_x, grad_weight, grad_bias
