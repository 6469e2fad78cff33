# gradescent-hidden-canary-7f3a9c


def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    difference = pred - target
    rows = difference.shape[0] if difference.dim() else 1
    return (difference**2).sum() / rows, 2 * difference / rows
