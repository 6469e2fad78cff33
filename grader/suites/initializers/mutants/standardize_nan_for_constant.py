# gradescent-hidden-canary-7f3a9c


def standardize(x):
    mean, std = x.mean(0), x.std(0, unbiased=False)
    return (x - mean) / std, mean, std
