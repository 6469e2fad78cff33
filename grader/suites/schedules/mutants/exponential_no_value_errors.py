# gradescent-hidden-canary-7f3a9c


def exponential_decay(epoch, *, base_lr, gamma):
    return base_lr * gamma**epoch
