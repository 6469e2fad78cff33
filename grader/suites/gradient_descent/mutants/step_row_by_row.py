# gradescent-hidden-canary-7f3a9c


def gradient_descent_step(param, grad, *, lr):
    if not lr >= 0:
        raise ValueError("lr is negative")
    return torch.stack([row - lr * slope for row, slope in zip(param, grad, strict=True)])
