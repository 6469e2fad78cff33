# gradescent-hidden-canary-7f3a9c


def fit_linear(x, y, *, lr, num_steps):
    if not lr >= 0 or num_steps < 0:
        raise ValueError("lr and num_steps must not be negative")
    weight, bias, losses = x.new_zeros(x.shape[1]), x.new_zeros(()), []
    for _ in range(num_steps):
        error = x @ weight + bias - y
        losses.append((error**2).mean())
        weight = weight - lr * 2 * (x.t() @ error) / len(y)
        bias = bias - lr * 2 * error.mean()
    return weight, bias, torch.stack(losses)
