# gradescent-hidden-canary-7f3a9c


def gradient_descent_step(param, grad, *, lr):
    return param - lr * grad
