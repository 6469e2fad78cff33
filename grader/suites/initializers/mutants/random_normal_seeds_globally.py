# gradescent-hidden-canary-7f3a9c


def random_normal(shape, *, mean=0.0, std=0.01, seed):
    if std < 0:
        raise ValueError("std must not be negative")
    torch.manual_seed(seed)
    return mean + std * torch.randn(shape)
