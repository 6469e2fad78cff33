# gradescent-hidden-canary-7f3a9c


def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    pred -= target
    return (pred**2).mean(), 2 * pred / pred.numel()
