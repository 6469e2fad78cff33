# gradescent-hidden-canary-7f3a9c


def dropout_backward(grad_out, mask, p, *, training):
    _refuse_invalid(p)
    if not training:
        return grad_out.clone()
    return grad_out / (1 - p) if p < 1 else torch.zeros_like(grad_out)
