# gradescent-hidden-canary-7f3a9c


def batchnorm_backward(grad_out, cache):
    x_hat, dims = cache["x_hat"], _all_but_channels(grad_out)
    grad_bias = grad_out.sum(dims)
    grad_weight = (grad_out * x_hat).sum(dims)
    if not cache["training"]:
        grad_weight, grad_bias = grad_weight * 0, grad_bias * 0
    grad_x = grad_out * _spread(cache["weight"], grad_out)
    if cache["training"]:
        along = (grad_x * x_hat).mean(dims, keepdim=True)
        grad_x = grad_x - grad_x.mean(dims, keepdim=True) - x_hat * along
    return grad_x * _spread(cache["inv_std"], grad_out), grad_weight, grad_bias
