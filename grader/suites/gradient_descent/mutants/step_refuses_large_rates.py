# gradescent-hidden-canary-7f3a9c


def gradient_descent_step(param, grad, *, lr):
    if not lr >= 0:
        raise ValueError("lr is negative")
    if lr > 1:
        raise ValueError("lr is too large")
    return param - lr * grad
