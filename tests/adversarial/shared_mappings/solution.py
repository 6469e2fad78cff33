"""Map memory that others could share, and that no limit counts: devices, files of the library, numpy's maps."""

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

import mmap

import numpy
import torch

with open("/dev/zero", "rb") as zero, open("/dev/zero", "r+b", buffering=0) as writable:
    for way in (
        lambda: mmap.mmap(zero.fileno(), 1 << 30, mmap.MAP_SHARED, mmap.PROT_READ),
        lambda: mmap.mmap(writable.fileno(), 1 << 30, mmap.MAP_SHARED),
        lambda: mmap.mmap(writable.fileno(), 1 << 30, 0x03),
        lambda: mmap.mmap(-1, 1 << 30, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS),
        lambda: numpy.memmap("/dev/zero", mode="r+", shape=(1 << 30,)),
        lambda: numpy.memmap("planted", mode="w+", shape=(1 << 20,)),
        lambda: numpy.memmap(os.__file__, mode="r+"),
        lambda: numpy.memmap(os.__file__, mode="r"),
        lambda: torch.from_file("/dev/zero", shared=True, size=1 << 20),
        lambda: torch.UntypedStorage.from_file("planted", True, 1 << 20),
        lambda: torch.zeros(4).share_memory_(),
        lambda: torch.UntypedStorage._new_shared(1 << 20),
    ):
        try:
            way()
        except (OSError, RuntimeError, MemoryError):
            continue
        raise RuntimeError("shared memory")
