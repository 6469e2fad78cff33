# gradescent-hidden-canary-7f3a9c


def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    difference = pred - target
    loss = (difference**2).mean().sqrt()
    return loss, difference / (difference.numel() * loss)
