# gradescent-hidden-canary-7f3a9c


def fan_in_and_fan_out(shape):
    out, into = (*shape, 1, 1)[:2]
    elements = math.prod(shape[2:])
    return into * elements, out * elements
