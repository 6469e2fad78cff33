# gradescent-hidden-canary-7f3a9c


def standardize(x):
    constant = x.amax(0) == x.amin(0)
    mean, std = x.mean(0), x.std(0, unbiased=False)
    return torch.where(constant, x, (x - mean) / torch.where(constant, 1, std)), mean, std
