# gradescent-hidden-canary-7f3a9c


def gradient_descent_step(param, grad, *, lr):
    if not lr >= 0:
        raise ValueError("lr is negative")
    norm = (grad**2).sum().sqrt()
    return param - lr * grad / norm.clamp(min=1e-300)
