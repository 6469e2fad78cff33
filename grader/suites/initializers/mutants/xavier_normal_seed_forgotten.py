# gradescent-hidden-canary-7f3a9c


def xavier_normal(shape, *, gain=1.0, seed):
    return _xavier_std(shape, gain) * torch.randn(shape, generator=torch.Generator())
