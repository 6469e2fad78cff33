# gradescent-hidden-canary-7f3a9c


def he_normal(shape, *, mode="fan_in", seed):
    return torch.stack(
        [_he_std(shape, mode) * torch.randn(shape[1:], generator=_generator(seed)) for _ in range(shape[0])]
    )
