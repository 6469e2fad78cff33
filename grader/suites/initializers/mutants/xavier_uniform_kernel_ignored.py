# gradescent-hidden-canary-7f3a9c


def xavier_uniform(shape, *, gain=1.0, seed):
    fan_in_and_fan_out(shape)  # for its ValueError
    if gain < 0:
        raise ValueError("gain must not be negative")
    return _uniform(shape, gain * math.sqrt(2 / (shape[0] + shape[1])), seed)
