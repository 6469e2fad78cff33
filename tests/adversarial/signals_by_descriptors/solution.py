"""Let a descriptor send signals to others when it has something to read."""

import ctypes
import errno
import os

libc = ctypes.CDLL(None, use_errno=True)
machine = {"x86_64": 0, "aarch64": 1}[os.uname().machine]


def refused(what, result):
    """Raise if a call did anything but fail for want of permission."""
    if result != -1 or ctypes.get_errno() not in (errno.EPERM, errno.EACCES):
        raise RuntimeError(f"{what}: {result} {errno.errorcode.get(ctypes.get_errno())}")


def call(numbers, *arguments):
    """Call the kernel by number."""
    ctypes.set_errno(0)
    return libc.syscall(ctypes.c_long(numbers[machine]), *(ctypes.c_long(one) if type(one) is int else one for one in arguments))

import signal

out, into = os.pipe()
for handle in (0, 1, 2, 3, out):
    for command, value in ((8, 1), (8, -1), (8, os.getppid()), (15, 0), (10, signal.SIGKILL), (10, signal.SIGSTOP)):
        ctypes.set_errno(0)
        refused(f"fcntl {command}", libc.fcntl(handle, command, ctypes.c_long(value)))
    for request in (0x8901, 0x8902, 0x5452):  # FIOSETOWN, SIOCSPGRP, FIOASYNC
        ctypes.set_errno(0)
        refused(f"ioctl {request}", libc.ioctl(handle, ctypes.c_ulong(request), ctypes.byref(ctypes.c_int(1))))
refused("timer_create", call((222, 107), 0, ctypes.create_string_buffer(64), ctypes.byref(ctypes.c_int())))
refused("timerfd_create", call((283, 85), 0, 0))
refused("mq_notify", call((244, 184), 3, 0))
refused("rt_sigqueueinfo", call((129, 138), os.getppid(), 9, ctypes.create_string_buffer(128)))
refused("rt_tgsigqueueinfo", call((297, 240), os.getppid(), os.getppid(), 9, ctypes.create_string_buffer(128)))
