# gradescent-hidden-canary-7f3a9c


def standardize(x):
    mean, std = x.mean(), x.std(unbiased=False)
    scaled = (x - mean) / torch.where(std == 0, 1, std)
    return scaled, mean.expand(x.shape[1:]).clone(), std.expand(x.shape[1:]).clone()
