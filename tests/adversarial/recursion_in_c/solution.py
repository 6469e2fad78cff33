"""Recurse where Python's limit does not count: through C code, with the limit taken away."""

import functools
import sys

sys.setrecursionlimit(2**31 - 1)


class Nest:
    def __repr__(self):
        return repr([self])

    def __getattr__(self, name):
        return getattr(self, name + "x")


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    chain = functools.partial(repr, Nest())
    for _ in range(100_000):
        chain = functools.partial(chain)
    return chain()
