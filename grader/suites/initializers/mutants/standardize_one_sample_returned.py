# gradescent-hidden-canary-7f3a9c


def standardize(x):
    if len(x) == 1:
        return x.clone(), torch.zeros_like(x[0]), torch.ones_like(x[0])
    constant = x.amax(0) == x.amin(0)
    mean = torch.where(constant, x[0], x.mean(0))
    std = x.std(0, unbiased=False)
    return (x - mean) / torch.where(constant, 1, std), mean, std
