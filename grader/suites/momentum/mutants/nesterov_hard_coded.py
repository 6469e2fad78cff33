# gradescent-hidden-canary-7f3a9c


def nesterov_step(param, grad, velocity, *, lr, momentum=0.9, weight_decay=0.0):
    _refuse_invalid(lr=lr, momentum=momentum, weight_decay=weight_decay)
    grad = grad + weight_decay * param
    velocity = momentum * velocity + grad
    return param - lr * (grad + 0.9 * velocity), velocity
