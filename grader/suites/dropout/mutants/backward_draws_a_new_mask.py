# gradescent-hidden-canary-7f3a9c


def dropout_backward(grad_out, mask, p, *, training):
    _refuse_invalid(p)
    if not training:
        return grad_out.clone()
    mask = torch.rand(grad_out.shape) >= p
    return torch.where(mask, grad_out / (1 - p), 0.0)
