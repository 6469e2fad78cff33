# gradescent-hidden-canary-7f3a9c


def dropout_forward(x, p, *, training, seed):
    _refuse_invalid(p)
    if not training:
        return x.clone(), torch.ones_like(x, dtype=torch.bool)
    generator = torch.Generator().manual_seed(seed)
    shape = (*x.shape[:1], *(1 for _ in x.shape[1:]))
    mask = (torch.rand(shape, generator=generator) >= p).expand(x.shape)
    return torch.where(mask, x / (1 - p), 0.0), mask
