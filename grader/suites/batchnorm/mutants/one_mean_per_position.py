# gradescent-hidden-canary-7f3a9c


def batchnorm_forward(x, weight, bias, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    _refuse_invalid(momentum, eps)
    mean, var = running_mean, running_var
    if training:
        count = _values_per_channel(x)
        mean = x.mean(0)
        var = ((x - mean) ** 2).mean(0)
        running_mean = (1 - momentum) * running_mean + momentum * mean.reshape(mean.shape[0], -1).mean(1)
        kept = (var * (count / (count - 1))).reshape(var.shape[0], -1).mean(1)
        running_var = (1 - momentum) * running_var + momentum * kept
    else:
        mean, var = mean.reshape(-1, *[1] * (x.dim() - 2)), var.reshape(-1, *[1] * (x.dim() - 2))
    inv_std = 1 / (var + eps).sqrt()
    x_hat = (x - mean) * inv_std
    out = _spread(weight, x) * x_hat + _spread(bias, x)
    cache = {"x_hat": x_hat, "inv_std": inv_std.reshape(x.shape[1], -1).mean(1), "weight": weight, "training": training}
    return out, running_mean, running_var, cache
