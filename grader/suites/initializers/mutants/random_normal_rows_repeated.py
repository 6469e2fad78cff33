# gradescent-hidden-canary-7f3a9c


def random_normal(shape, *, mean=0.0, std=0.01, seed):
    if std < 0:
        raise ValueError("std must not be negative")
    if len(shape) < 2:
        return mean + std * torch.randn(shape, generator=_generator(seed))
    rows = [mean + std * torch.randn(shape[1:], generator=_generator(seed)) for _ in range(shape[0])]
    return torch.stack(rows) if rows else torch.empty(shape)
