# gradescent-hidden-canary-7f3a9c


def fit_linear(x, y, *, lr, num_steps):
    if not lr >= 0 or num_steps < 0:
        raise ValueError("lr and num_steps must not be negative")
    weight, bias, losses = x.new_zeros(x.shape[1]), x.new_zeros(()), x.new_zeros(num_steps)
    for step in range(num_steps):
        error = x @ weight + bias - y
        losses[step] = (error**2).mean()
        sample = step % len(y)
        weight = weight - lr * 2 * error[sample] * x[sample]
        bias = bias - lr * 2 * error[sample]
    return weight, bias, losses
