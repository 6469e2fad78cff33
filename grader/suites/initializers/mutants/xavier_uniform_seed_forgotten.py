# gradescent-hidden-canary-7f3a9c


def xavier_uniform(shape, *, gain=1.0, seed):
    return math.sqrt(3) * _xavier_std(shape, gain) * (2 * torch.rand(shape, generator=torch.Generator()) - 1)
