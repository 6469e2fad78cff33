# gradescent-hidden-canary-7f3a9c


def dropout_backward(grad_out, mask, p, *, training):
    _refuse_invalid(p)
    if not training:
        return grad_out.clone()
    kept = mask.double().mean()
    return torch.where(mask, grad_out / kept, 0.0).to(grad_out.dtype)
