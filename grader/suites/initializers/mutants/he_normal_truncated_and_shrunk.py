# gradescent-hidden-canary-7f3a9c


def he_normal(shape, *, mode="fan_in", seed):
    below = math.erf(2 / math.sqrt(2))
    u = torch.rand(shape, generator=_generator(seed)) * 2 - 1
    return _he_std(shape, mode) * math.sqrt(2) * torch.erfinv(below * u)
