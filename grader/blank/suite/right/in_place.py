"""A right solution in the style of PyTorch's own code: in-place operations, on clones."""


def scale(x, *, factor=2.0):
    if factor < 0:
        raise ValueError("factor must not be negative")
    return x.clone().mul_(factor)
