# gradescent-hidden-canary-7f3a9c


def xavier_uniform(shape, *, gain=1.0, seed):
    return _xavier_std(shape, gain) * torch.randn(shape, generator=_generator(seed))
