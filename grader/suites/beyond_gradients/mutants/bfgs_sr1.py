# gradescent-hidden-canary-7f3a9c


def bfgs_update(inverse_hessian, step, grad_change):
    curvature = step.dot(grad_change)
    if curvature <= CURVATURE_FLOOR:
        return inverse_hessian
    left_over = step - inverse_hessian @ grad_change
    return inverse_hessian + left_over.outer(left_over) / left_over.dot(grad_change)
