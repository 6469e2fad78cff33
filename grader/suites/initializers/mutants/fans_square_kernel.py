# gradescent-hidden-canary-7f3a9c


def fan_in_and_fan_out(shape):
    if len(shape) < 2:
        raise ValueError("too few dimensions")
    elements = shape[2] ** (len(shape) - 2) if len(shape) > 2 else 1
    return shape[1] * elements, shape[0] * elements
