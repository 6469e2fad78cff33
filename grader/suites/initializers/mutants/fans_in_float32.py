# gradescent-hidden-canary-7f3a9c


def fan_in_and_fan_out(shape):
    if len(shape) < 2:
        raise ValueError("too few dimensions")
    elements = torch.tensor(shape[2:], dtype=torch.float32).prod()
    return int(shape[1] * elements), int(shape[0] * elements)
