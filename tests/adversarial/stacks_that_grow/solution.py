"""Map memory as a stack that grows by itself, which the limit for data does not count."""

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

ROOM, GROWSDOWN, STACK, DROPPABLE, HUGE = 700 << 20, 0x100, 0x20000, 0x08, 0x40000
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.mprotect.argtypes = libc.munmap.argtypes = None
for flags in (GROWSDOWN, GROWSDOWN | STACK, STACK, 0x4000, DROPPABLE - 0x02, HUGE, 0x10):
    for protection in (3, 7, 2):
        place = libc.mmap(None, ROOM, protection, 0x22 + flags, -1, 0)
        if place not in (None, ctypes.c_void_p(-1).value):
            raise RuntimeError(f"{ROOM >> 20} MiB by flags {flags:#x}")
    place = libc.mmap(None, ROOM, 0, 0x22 + flags, -1, 0)
    if place not in (None, ctypes.c_void_p(-1).value):
        if libc.mprotect(ctypes.c_void_p(place), ctypes.c_size_t(ROOM), 3) == 0:
            raise RuntimeError(f"{ROOM >> 20} MiB by flags {flags:#x}, made writable later")
        if libc.mprotect(ctypes.c_void_p(place), ctypes.c_size_t(ROOM), 3 | 0x01000000) == 0:
            raise RuntimeError(f"{ROOM >> 20} MiB by flags {flags:#x}, made to grow later")
        libc.munmap(ctypes.c_void_p(place), ctypes.c_size_t(ROOM))
