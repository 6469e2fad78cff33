# gradescent-hidden-canary-7f3a9c


def bfgs_update(inverse_hessian, step, grad_change):
    curvature = step.dot(grad_change)
    if curvature <= CURVATURE_FLOOR:
        return inverse_hessian
    turned = inverse_hessian @ grad_change
    added = step.outer(step) / curvature
    return inverse_hessian + added - turned.outer(turned) / grad_change.dot(turned)
