"""Change an argument in place, behind a right result that shares no memory with it."""

_step = adam_step


def adam_step(param, grad, exp_avg, exp_avg_sq, step, **settings):
    result = _step(param, grad, exp_avg, exp_avg_sq, step, **settings)
    grad.zero_()
    return result
