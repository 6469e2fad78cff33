# gradescent-hidden-canary-7f3a9c


def dropout_forward(x, p, *, training, seed):
    _refuse_invalid(p)
    if not training:
        return x.clone(), torch.ones_like(x, dtype=torch.bool)
    generator = torch.Generator().manual_seed(seed)
    mask = torch.rand(x.shape, generator=generator) < p
    return torch.where(mask, x / p, 0.0), mask
