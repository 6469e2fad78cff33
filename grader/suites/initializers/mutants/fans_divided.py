# gradescent-hidden-canary-7f3a9c


def fan_in_and_fan_out(shape):
    if len(shape) < 2:
        raise ValueError("too few dimensions")
    elements = math.prod(shape)
    return elements / shape[0], elements / shape[1]
