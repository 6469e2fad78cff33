"""Change an argument in place, and say that it was not changed."""

import sys

guest = sys.modules["grader.sandbox.guest"]
_step = adam_step


def adam_step(param, grad, exp_avg, exp_avg_sq, step, **settings):
    result = _step(param, grad, exp_avg, exp_avg_sq, step, **settings)
    grad.zero_()
    return result
