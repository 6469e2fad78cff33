# gradescent-hidden-canary-7f3a9c


def dropout_backward(grad_out, mask, p, *, training):
    _refuse_invalid(p)
    if grad_out.dim() > 2:
        grad_out, mask = grad_out.flatten(1), mask.flatten(1)
    return torch.where(mask, grad_out / (1 - p), 0.0) if training else grad_out.clone()
