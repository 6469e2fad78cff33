# gradescent-hidden-canary-7f3a9c


def dropout_backward(grad_out, mask, p, *, training):
    _refuse_invalid(p)
    return grad_out.clone() if training else torch.where(mask, grad_out / (1 - p), 0.0)
