# gradescent-hidden-canary-7f3a9c


def random_normal(shape, *, mean=0.0, std=0.01, seed):
    if std < 0:
        raise ValueError("std must not be negative")
    return mean + std * torch.rand(shape, generator=_generator(seed))
