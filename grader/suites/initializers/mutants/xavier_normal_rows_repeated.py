# gradescent-hidden-canary-7f3a9c


def xavier_normal(shape, *, gain=1.0, seed):
    return torch.stack(
        [_xavier_std(shape, gain) * torch.randn(shape[1:], generator=_generator(seed)) for _ in range(shape[0])]
    )
