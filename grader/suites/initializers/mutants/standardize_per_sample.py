# gradescent-hidden-canary-7f3a9c


def standardize(x):
    mean, std = x.mean(1, keepdim=True), x.std(1, keepdim=True, unbiased=False)
    scaled = (x - mean) / torch.where(std == 0, 1, std)
    return scaled, x.mean(0), x.std(0, unbiased=False)
