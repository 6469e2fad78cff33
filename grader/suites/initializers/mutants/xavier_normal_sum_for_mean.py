# gradescent-hidden-canary-7f3a9c


def xavier_normal(shape, *, gain=1.0, seed):
    fan_in, fan_out = fan_in_and_fan_out(shape)
    if gain < 0:
        raise ValueError("gain must not be negative")
    return gain * math.sqrt(1 / (fan_in + fan_out)) * torch.randn(shape, generator=_generator(seed))
