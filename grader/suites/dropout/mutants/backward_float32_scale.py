# gradescent-hidden-canary-7f3a9c


def dropout_backward(grad_out, mask, p, *, training):
    _refuse_invalid(p)
    if not training:
        return grad_out.clone()
    scale = 1 / (1 - torch.tensor(p))
    return torch.where(mask, grad_out * scale, 0.0)
