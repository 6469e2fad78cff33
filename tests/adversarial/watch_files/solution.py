"""Hear of what others do with files: by inotify, fanotify, leases and locks."""

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

import fcntl

refused("inotify_init1", call((294, 26), 0))
refused("inotify_add_watch", call((254, 27), 3, b"/", 0xFFF))
refused("fanotify_init", call((300, 262), 0, 0))
with open(os.__file__) as file:
    for command in (fcntl.F_SETLEASE, fcntl.F_NOTIFY, 8, 10, 15, 1031, 1033):
        try:
            answer = fcntl.fcntl(file, command, 1)
        except OSError:
            continue
        raise RuntimeError(f"fcntl {command}: {answer}")
