# gradescent-hidden-canary-7f3a9c


def dropout_forward(x, p, *, training, seed):
    _refuse_invalid(p)
    torch.manual_seed(seed)
    if not training:
        return x.clone(), torch.ones_like(x, dtype=torch.bool)
    mask = torch.rand(x.shape) >= p
    return torch.where(mask, x / (1 - p), 0.0), mask
