"""Keep bytes where no limit counts them: files in memory, secret memory, locked pages, big pipes."""

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

refused("memfd_create", call((319, 279), b"planted", 0))
refused("memfd_secret", call((447, 447), 0))
refused("mlock", call((149, 228), 0, 4096))
refused("vmsplice", call((278, 75), 1, 0, 0, 0))
refused("tee", call((276, 77), 0, 1, 4096, 0))
refused("map_shadow_stack", call((453, 453), 0, 1 << 30, 0))
out, into = os.pipe()
for handle in (out, into, 1, 2):
    try:
        fcntl.fcntl(handle, 1031, 1 << 20)
    except OSError:
        continue
    raise RuntimeError("a pipe of a megabyte")
