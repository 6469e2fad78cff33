"""Leave keys in the kernel's keyring, and look for others'."""

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

for ring in (-1, -2, -3, -4, -5):
    refused("add_key", call((248, 217), b"user", b"planted", b"secret", 6, ring))
    refused("request_key", call((249, 218), b"user", b"planted", b"", ring))
    refused("keyctl", call((250, 219), 0, ring, 1, 0, 0))
