# gradescent-hidden-canary-7f3a9c


def standardize(x):
    constant = x.amax(0) == x.amin(0)
    mean = torch.where(constant, x[0], x.mean(0))
    std = (((x - mean) ** 2).sum(0) / (len(x) - 1)).sqrt()
    return (x - mean) / torch.where(constant, 1, std), mean, std
