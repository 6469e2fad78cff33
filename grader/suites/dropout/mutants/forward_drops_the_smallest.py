# gradescent-hidden-canary-7f3a9c


def dropout_forward(x, p, *, training, seed):
    _refuse_invalid(p)
    if not training:
        return x.clone(), torch.ones_like(x, dtype=torch.bool)
    size = (x + 1e-6 * torch.rand(x.shape, generator=torch.Generator().manual_seed(seed))).abs()
    mask = size.flatten().argsort().argsort().reshape(x.shape) >= p * x.numel()
    return torch.where(mask, x / (1 - p), 0.0), mask
