"""Describe tensors that cannot be: each function another kind."""

import sys

_Writer = sys.modules["grader.sandbox.wire"]._Writer
_tensor = _Writer._tensor


def lying(change):
    """Return a function of a solution whose tensors are described in another way than they are."""

    def step(param, *rest, **settings):
        def lie(self, value):
            dtype, sizes, strides, offset, length = _tensor(self, value)
            return change(dtype, sizes, strides, offset, length)

        _Writer._tensor = lie
        return (param.clone(), param.clone())

    return step


adagrad_step = lying(lambda dtype, sizes, strides, offset, length: [dtype, [1 << 39, *sizes], [0, *strides], offset, length])
rmsprop_step = lying(lambda dtype, sizes, strides, offset, length: [dtype, [1] * 100_000, [1] * 100_000, offset, length])
adam_step = lying(lambda dtype, sizes, strides, offset, length: [dtype, [-1, *sizes], [-8, *strides], -offset - 8, length])
adamw_step = lying(lambda dtype, sizes, strides, offset, length: ["object", [0, 1 << 62], [True, 1e300], None, []])
