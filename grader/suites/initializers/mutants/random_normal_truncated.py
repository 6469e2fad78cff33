# gradescent-hidden-canary-7f3a9c


def random_normal(shape, *, mean=0.0, std=0.01, seed):
    if std < 0:
        raise ValueError("std must not be negative")
    below = math.erf(2 / math.sqrt(2))
    u = torch.rand(shape, generator=_generator(seed)) * 2 - 1
    return mean + std * math.sqrt(2) * torch.erfinv(below * u)
