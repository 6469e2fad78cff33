# gradescent-hidden-canary-7f3a9c


def batchnorm_forward(x, weight, bias, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    _refuse_invalid(momentum, eps)
    mean, var = running_mean, running_var
    if training:
        count = _values_per_channel(x)
        axes = (2, 3) if x.dim() == 4 else (0,)
        mean = x.mean(axes, keepdim=True)
        var = ((x - mean) ** 2).mean(axes, keepdim=True)
        running_mean = (1 - momentum) * running_mean + momentum * mean.mean(_all_but_channels(x))
        kept = var.mean(_all_but_channels(x)) * (count / (count - 1))
        running_var = (1 - momentum) * running_var + momentum * kept
    else:
        mean, var = _spread(mean, x), _spread(var, x)
    inv_std = 1 / (var + eps).sqrt()
    x_hat = (x - mean) * inv_std
    out = _spread(weight, x) * x_hat + _spread(bias, x)
    cache = {"x_hat": x_hat, "inv_std": inv_std.reshape(-1, x.shape[1]).mean(0), "weight": weight, "training": training}
    return out, running_mean, running_var, cache
