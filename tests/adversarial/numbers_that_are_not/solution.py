"""Return what becomes a number or an array only when it is asked to, with a side effect."""

import itertools
import os

import numpy


class Number(float):
    def __float__(self):
        os._exit(9)

    __index__ = __int__ = __bool__ = __eq__ = __abs__ = __sub__ = __array__ = __iter__ = __len__ = __float__
    __hash__ = float.__hash__
    is_integer = hex = as_integer_ratio = __float__


class Whole(int):
    __index__ = __int__ = __float__ = __repr__ = __str__ = Number.__float__


class Text(str):
    __str__ = __repr__ = __len__ = __getitem__ = encode = isprintable = Number.__float__


class Array(numpy.ndarray):
    __array__ = __array_interface__ = property(lambda self: os._exit(9))
    dtype = shape = strides = property(lambda self: os._exit(9))

    def __array_function__(self, *_):
        os._exit(9)

    __array_ufunc__ = __array_finalize__ = __array_function__


class Interface:
    __array_interface__ = {"shape": (3,), "typestr": "<f8", "data": (8, False), "version": 3}
    __cuda_array_interface__ = __array_interface__
    __dlpack__ = __dlpack_device__ = __array__ = __float__ = Number.__float__


KINDS = [
    lambda value: Number(0.0),
    lambda value: Whole(1),
    lambda value: Text("1.0"),
    lambda value: Interface(),
    lambda value: numpy.array([object()]),
    lambda value: numpy.array(["a"]),
    lambda value: numpy.zeros(3, dtype=[("a", "f8")]),
    lambda value: numpy.zeros(3, dtype="M8[s]"),
    lambda value: numpy.zeros((), dtype=numpy.longdouble),
    lambda value: numpy.ma.masked_array([1.0], [True]),
    lambda value: numpy.broadcast_to(numpy.zeros(1), (1 << 40,)),
    lambda value: memoryview(b"12345678").cast("d"),
]
_kinds = itertools.cycle(KINDS)


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    value = next(_kinds)(param)
    return value, value, value
