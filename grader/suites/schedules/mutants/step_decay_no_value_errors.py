# gradescent-hidden-canary-7f3a9c


def step_decay(epoch, *, base_lr, step_size, gamma=0.1):
    return base_lr * gamma ** (epoch // step_size)
