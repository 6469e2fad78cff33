# gradescent-hidden-canary-7f3a9c


def standardize(x):
    low, width = x.amin(0), x.amax(0) - x.amin(0)
    return (x - low) / torch.where(width == 0, 1, width), low, width
