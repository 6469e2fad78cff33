# gradescent-hidden-canary-7f3a9c


def momentum_step(param, grad, velocity, *, lr, momentum=0.9, weight_decay=0.0):
    _refuse_invalid(lr=lr, momentum=momentum, weight_decay=weight_decay)
    velocity = momentum * velocity + (1 - momentum) * (grad + weight_decay * param)
    return param - lr * velocity, velocity
