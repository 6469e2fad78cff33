# gradescent-hidden-canary-7f3a9c


def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    difference = pred - target
    mean = difference.mean()
    return mean**2, (2 * mean / difference.numel()).expand(difference.shape).clone()
