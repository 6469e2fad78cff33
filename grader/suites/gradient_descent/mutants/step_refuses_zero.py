# gradescent-hidden-canary-7f3a9c


def gradient_descent_step(param, grad, *, lr):
    if lr <= 0:
        raise ValueError("lr is not positive")
    return param - lr * grad
