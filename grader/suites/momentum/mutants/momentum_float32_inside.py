# gradescent-hidden-canary-7f3a9c


def momentum_step(param, grad, velocity, *, lr, momentum=0.9, weight_decay=0.0):
    _refuse_invalid(lr=lr, momentum=momentum, weight_decay=weight_decay)
    low, slope, old = param.float(), grad.float(), velocity.float()
    new = momentum * old + (slope + weight_decay * low)
    return (low - lr * new).to(param.dtype), new.to(param.dtype)
