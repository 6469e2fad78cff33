# gradescent-hidden-canary-7f3a9c


def adagrad_step(param, grad, sum_sq, *, lr=0.01, eps=1e-10, weight_decay=0.0):
    _refuse_invalid(lr, eps, weight_decay)
    sum_sq = sum_sq + grad**2
    return param - lr * (grad + weight_decay * param) / (sum_sq.sqrt() + eps), sum_sq
