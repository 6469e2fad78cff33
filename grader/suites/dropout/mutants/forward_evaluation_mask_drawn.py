# gradescent-hidden-canary-7f3a9c


def dropout_forward(x, p, *, training, seed):
    _refuse_invalid(p)
    generator = torch.Generator().manual_seed(seed)
    mask = torch.rand(x.shape, generator=generator) >= p
    return (torch.where(mask, x / (1 - p), 0.0) if training else x.clone()), mask
