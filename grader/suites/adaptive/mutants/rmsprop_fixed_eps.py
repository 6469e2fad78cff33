# gradescent-hidden-canary-7f3a9c


def rmsprop_step(param, grad, square_avg, *, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0.0):
    _refuse_invalid(lr, eps, weight_decay)
    if not 0 <= alpha <= 1:
        raise ValueError("alpha must lie in [0, 1]")
    grad = grad + weight_decay * param
    square_avg = alpha * square_avg + (1 - alpha) * grad**2
    return param - lr * grad / (square_avg.sqrt() + 1e-8), square_avg
