# gradescent-hidden-canary-7f3a9c


def batchnorm_forward(x, weight, bias, running_mean, running_var, *, training, momentum=0.1, eps=1e-5):
    _refuse_invalid(momentum, eps)
    mean, var = running_mean, running_var
    if training:
        count = _values_per_channel(x)
        mean = x.mean(_all_but_channels(x))
        var = ((x - _spread(mean, x)) ** 2).mean(_all_but_channels(x))
        running_mean = (1 - momentum) * running_mean + momentum * mean
        running_var = (1 - momentum) * running_var + momentum * var * (count / (count - 1))
    inv_std = 1 / (var + 1e-5).sqrt()
    x_hat = (x - _spread(mean, x)) * _spread(inv_std, x)
    out = _spread(weight, x) * x_hat + _spread(bias, x)
    cache = {"x_hat": x_hat, "inv_std": inv_std, "weight": weight, "training": training}
    return out, running_mean, running_var, cache
