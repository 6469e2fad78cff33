# gradescent-hidden-canary-7f3a9c


def step_decay(epoch, *, base_lr, step_size, gamma=0.5):
    _refuse_invalid_decay(epoch, base_lr, gamma)
    _refuse_unless(step_size >= 1, "step_size must be at least 1", step_size)
    return base_lr * gamma ** (epoch // step_size)
