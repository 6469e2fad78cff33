# gradescent-hidden-canary-7f3a9c


def standardize(x):
    dims = (0, *range(2, x.dim()))
    constant = x.amax(dims, keepdim=True) == x.amin(dims, keepdim=True)
    mean = torch.where(constant, x.flatten()[0], x.mean(dims, keepdim=True))
    std = x.std(dims, keepdim=True, unbiased=False)
    shape = x.shape[1:]
    scaled = (x - mean) / torch.where(constant, 1, std)
    return scaled, mean[0].expand(shape).clone(), std[0].expand(shape).clone()
