# gradescent-hidden-canary-7f3a9c


def clip_by_global_norm(grads, *, max_norm):
    if not max_norm >= 0:
        raise ValueError("max_norm is negative")
    norm = torch.stack([(grad**2).sum() for grad in grads]).sum().sqrt()

    norms = [(grad**2).sum().sqrt() for grad in grads]
    return [grad * (max_norm / own) if own > max_norm else grad for grad, own in zip(grads, norms, strict=True)], norm
