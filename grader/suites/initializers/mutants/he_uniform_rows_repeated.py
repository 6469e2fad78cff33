# gradescent-hidden-canary-7f3a9c


def he_uniform(shape, *, mode="fan_in", seed):
    return torch.stack(
        [
            math.sqrt(3) * _he_std(shape, mode) * (2 * torch.rand(shape[1:], generator=_generator(seed)) - 1)
            for _ in range(shape[0])
        ]
    )
