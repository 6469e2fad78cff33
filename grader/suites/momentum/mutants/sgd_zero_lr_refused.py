# gradescent-hidden-canary-7f3a9c


def sgd_step(param, grad, *, lr, weight_decay=0.0):
    _refuse_invalid(lr=lr, weight_decay=weight_decay)
    if lr <= 0:
        raise ValueError("lr must be positive")
    return param - lr * (grad + weight_decay * param)
