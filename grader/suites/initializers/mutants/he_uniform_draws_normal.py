# gradescent-hidden-canary-7f3a9c


def he_uniform(shape, *, mode="fan_in", seed):
    return _he_std(shape, mode) * torch.randn(shape, generator=_generator(seed))
