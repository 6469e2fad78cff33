# gradescent-hidden-canary-7f3a9c


def newton_step(param, grad, hessian, *, damping=0.0):
    _refuse_invalid_damping(damping)
    damped = hessian + damping * torch.eye(len(param), dtype=hessian.dtype)
    eigenvalues, axes = torch.linalg.eigh(damped)
    return param - axes @ ((axes.T @ grad) / eigenvalues.abs())
