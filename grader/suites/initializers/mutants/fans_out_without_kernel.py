# gradescent-hidden-canary-7f3a9c


def fan_in_and_fan_out(shape):
    if len(shape) < 2:
        raise ValueError("too few dimensions")
    return shape[1] * math.prod(shape[2:]), shape[0]
