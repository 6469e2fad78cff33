# gradescent-hidden-canary-7f3a9c


def dropout_backward(grad_out, mask, p, *, training):
    _refuse_invalid(p)
    return grad_out * mask / (1 - p) if training else grad_out.clone()
