# gradescent-hidden-canary-7f3a9c


def mse_loss(pred, target):
    if pred.shape != target.shape:
        raise ValueError("shapes differ")
    difference = pred.float() - target.float()
    loss, grad = (difference**2).mean(), 2 * difference / difference.numel()
    return loss.to(pred.dtype), grad.to(pred.dtype)
