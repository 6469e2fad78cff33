# gradescent-hidden-canary-7f3a9c


def he_uniform(shape, *, mode="fan_in", seed):
    torch.manual_seed(seed)
    return math.sqrt(3) * _he_std(shape, mode) * (2 * torch.rand(shape) - 1)
