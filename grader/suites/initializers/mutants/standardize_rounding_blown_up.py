# gradescent-hidden-canary-7f3a9c


def standardize(x):
    mean = x.mean(0)
    std = ((x - mean) ** 2).mean(0).sqrt()
    return (x - mean) / torch.where(std == 0, 1, std), mean, std
