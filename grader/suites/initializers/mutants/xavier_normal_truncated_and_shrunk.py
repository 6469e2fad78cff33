# gradescent-hidden-canary-7f3a9c


def xavier_normal(shape, *, gain=1.0, seed):
    below = math.erf(2 / math.sqrt(2))
    u = torch.rand(shape, generator=_generator(seed)) * 2 - 1
    return _xavier_std(shape, gain) * math.sqrt(2) * torch.erfinv(below * u)
