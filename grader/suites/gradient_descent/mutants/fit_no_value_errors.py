# gradescent-hidden-canary-7f3a9c


def fit_linear(x, y, *, lr, num_steps):
    weight, bias, losses = x.new_zeros(x.shape[1]), x.new_zeros(()), x.new_zeros(num_steps)
    for step in range(num_steps):
        error = x @ weight + bias - y
        losses[step] = (error**2).mean()
        weight = weight - lr * 2 * (x.t() @ error) / len(y)
        bias = bias - lr * 2 * error.mean()
    return weight, bias, losses
