# gradescent-hidden-canary-7f3a9c


def exponential_decay(epoch, *, base_lr, gamma):
    _refuse_invalid_decay(epoch, base_lr, gamma)
    if epoch == 0:
        return base_lr
    return gamma * exponential_decay(epoch - 1, base_lr=base_lr, gamma=gamma)
