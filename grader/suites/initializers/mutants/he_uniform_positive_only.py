# gradescent-hidden-canary-7f3a9c


def he_uniform(shape, *, mode="fan_in", seed):
    return math.sqrt(3) * _he_std(shape, mode) * torch.rand(shape, generator=_generator(seed))
