# gradescent-hidden-canary-7f3a9c


def dropout_backward(grad_out, mask, p, *, training):
    _refuse_invalid(p)
    return torch.where(mask, grad_out, 0.0) if training else grad_out * (1 - p)
