# gradescent-hidden-canary-7f3a9c


def momentum_step(param, grad, velocity, *, lr, momentum=0.9, weight_decay=0.0):
    _refuse_invalid(lr=lr, momentum=momentum, weight_decay=weight_decay)
    if momentum >= 1:
        raise ValueError("momentum must be below 1")
    velocity = momentum * velocity + (grad + weight_decay * param)
    return param - lr * velocity, velocity
