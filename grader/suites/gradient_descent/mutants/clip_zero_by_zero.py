# gradescent-hidden-canary-7f3a9c


def clip_by_global_norm(grads, *, max_norm):
    if not max_norm >= 0:
        raise ValueError("max_norm is negative")
    norm = torch.stack([(grad**2).sum() for grad in grads]).sum().sqrt()

    scale = max_norm / norm.clamp(min=max_norm)
    return [grad * scale for grad in grads], norm
