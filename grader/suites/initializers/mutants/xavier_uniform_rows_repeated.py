# gradescent-hidden-canary-7f3a9c


def xavier_uniform(shape, *, gain=1.0, seed):
    return torch.stack(
        [
            math.sqrt(3) * _xavier_std(shape, gain) * (2 * torch.rand(shape[1:], generator=_generator(seed)) - 1)
            for _ in range(shape[0])
        ]
    )
