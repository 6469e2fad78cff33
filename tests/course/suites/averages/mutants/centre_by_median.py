def centre(x):
    if not len(x):
        raise ValueError("empty")
    middle = float(x.median())
    return x - middle, middle
