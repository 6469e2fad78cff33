# gradescent-hidden-canary-7f3a9c


def bfgs_update(inverse_hessian, step, grad_change):
    curvature = step.dot(grad_change)
    if curvature <= 0:
        return inverse_hessian
    left = torch.eye(len(step), dtype=step.dtype) - step.outer(grad_change) / curvature
    return left @ inverse_hessian @ left.T + step.outer(step) / curvature
