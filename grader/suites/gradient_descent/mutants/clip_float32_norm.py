# gradescent-hidden-canary-7f3a9c


import math


def clip_by_global_norm(grads, *, max_norm):
    if not max_norm >= 0:
        raise ValueError("max_norm is negative")
    norm = torch.tensor(math.sqrt(sum(float((grad**2).sum()) for grad in grads))).to(grads[0].dtype)
    scale = max_norm / norm if norm > max_norm else 1.0
    return [grad * scale for grad in grads], norm
