# gradescent-hidden-canary-7f3a9c


def standardize(x):
    mean, std = x.mean(0), x.std(0, unbiased=False)
    flat = std < 1e-8
    return torch.where(flat, 0, (x - mean) / torch.where(flat, 1, std)), mean, torch.where(flat, 0, std)
