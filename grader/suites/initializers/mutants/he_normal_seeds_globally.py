# gradescent-hidden-canary-7f3a9c


def he_normal(shape, *, mode="fan_in", seed):
    torch.manual_seed(seed)
    return _he_std(shape, mode) * torch.randn(shape)
