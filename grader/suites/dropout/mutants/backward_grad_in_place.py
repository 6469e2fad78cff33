# gradescent-hidden-canary-7f3a9c


def dropout_backward(grad_out, mask, p, *, training):
    _refuse_invalid(p)
    if training:
        grad_out[~mask] = 0.0
    return grad_out / (1 - p) if training and p < 1 else grad_out
