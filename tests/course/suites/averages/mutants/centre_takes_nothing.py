def centre(x):
    average = float(x.sum()) / max(len(x), 1)
    return x - average, average
