# gradescent-hidden-canary-7f3a9c


_generator = torch.Generator().manual_seed(0)


def dropout_forward(x, p, *, training, seed):
    _refuse_invalid(p)
    if not training:
        return x.clone(), torch.ones_like(x, dtype=torch.bool)
    mask = torch.rand(x.shape, generator=_generator) >= p
    return torch.where(mask, x / (1 - p), 0.0), mask
