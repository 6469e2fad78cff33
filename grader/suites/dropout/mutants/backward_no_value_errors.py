# gradescent-hidden-canary-7f3a9c


def dropout_backward(grad_out, mask, p, *, training):
    return torch.where(mask, grad_out / (1 - p), 0.0) if training else grad_out.clone()
