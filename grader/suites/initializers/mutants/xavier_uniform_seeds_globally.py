# gradescent-hidden-canary-7f3a9c


def xavier_uniform(shape, *, gain=1.0, seed):
    torch.manual_seed(seed)
    return math.sqrt(3) * _xavier_std(shape, gain) * (2 * torch.rand(shape) - 1)
