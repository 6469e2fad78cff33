# gradescent-hidden-canary-7f3a9c


def standardize(x):
    given, x = x, x.float()
    constant = x.amax(0) == x.amin(0)
    mean = torch.where(constant, x[0], x.mean(0))
    std = x.std(0, unbiased=False)
    scaled = (x - mean) / torch.where(constant, 1, std)
    return scaled.to(given.dtype), mean.to(given.dtype), std.to(given.dtype)
