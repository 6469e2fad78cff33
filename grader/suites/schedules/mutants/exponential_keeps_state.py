# gradescent-hidden-canary-7f3a9c


_rate = 1.0


def exponential_decay(epoch, *, base_lr, gamma):
    _refuse_invalid_decay(epoch, base_lr, gamma)
    global _rate  # noqa: PLW0603 - the mistake itself
    _rate = base_lr if epoch == 0 else _rate * gamma
    return _rate
