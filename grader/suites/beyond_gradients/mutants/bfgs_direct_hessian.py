# gradescent-hidden-canary-7f3a9c


def bfgs_update(inverse_hessian, step, grad_change):
    curvature = step.dot(grad_change)
    if curvature <= CURVATURE_FLOOR:
        return inverse_hessian
    turned = inverse_hessian @ step
    added = grad_change.outer(grad_change) / curvature
    return inverse_hessian + added - turned.outer(turned) / step.dot(turned)
