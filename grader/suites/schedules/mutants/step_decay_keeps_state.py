# gradescent-hidden-canary-7f3a9c


_rate = 1.0


def step_decay(epoch, *, base_lr, step_size, gamma=0.1):
    _refuse_invalid_decay(epoch, base_lr, gamma)
    _refuse_unless(step_size >= 1, "step_size must be at least 1", step_size)
    global _rate  # noqa: PLW0603 - the mistake itself
    if epoch == 0:
        _rate = base_lr
    elif epoch % step_size == 0:
        _rate *= gamma
    return _rate
