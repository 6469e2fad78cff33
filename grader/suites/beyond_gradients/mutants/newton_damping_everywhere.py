# gradescent-hidden-canary-7f3a9c


def newton_step(param, grad, hessian, *, damping=0.0):
    _refuse_invalid_damping(damping)
    return param - torch.linalg.solve(hessian + damping, grad)
