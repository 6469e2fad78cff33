# gradescent-hidden-canary-7f3a9c


def exponential_decay(epoch, *, base_lr, gamma):
    _refuse_invalid_decay(epoch, base_lr, gamma)
    return round(base_lr * gamma**epoch, 6)
