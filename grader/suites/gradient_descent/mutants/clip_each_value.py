# gradescent-hidden-canary-7f3a9c


def clip_by_global_norm(grads, *, max_norm):
    if not max_norm >= 0:
        raise ValueError("max_norm is negative")
    norm = torch.stack([(grad**2).sum() for grad in grads]).sum().sqrt()
    return [grad.clamp(-max_norm, max_norm) for grad in grads], norm
