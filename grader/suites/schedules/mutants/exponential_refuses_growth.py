# gradescent-hidden-canary-7f3a9c


def exponential_decay(epoch, *, base_lr, gamma):
    _refuse_negative(epoch=epoch, base_lr=base_lr)
    _refuse_unless(0 < gamma < 1, "gamma must lie in (0, 1)", gamma)
    return base_lr * gamma**epoch
