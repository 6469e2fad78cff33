# gradescent-hidden-canary-7f3a9c


def xavier_normal(shape, *, gain=1.0, seed):
    return _uniform(shape, _xavier_std(shape, gain), seed)
