def centre(x):
    if not len(x):
        raise ValueError("empty")
    average = float(x.sum()) / len(x)
    x -= average
    return x.clone(), average
