"""Hold other processes by descriptors, take theirs, and signal through them."""

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

for pid in {1, 2, os.getppid(), os.getpid(), os.getpid() + 1} - {0}:
    refused("pidfd_open", call((434, 434), pid, 0))
refused("pidfd_getfd", call((438, 438), 3, 0, 0))
refused("pidfd_send_signal", call((424, 424), 3, 0, 0, 0))
refused("process_madvise", call((440, 440), 3, 0, 0, 21, 0))
refused("process_mrelease", call((448, 448), 3, 0))
refused("waitid", call((247, 95), 0, 0, 0, 4, 0))
refused("signalfd", call((289, 74), -1, ctypes.create_string_buffer(8), 8, 0))
refused("memory of others by move_pages", call((279, 239), 1, 0, 0, 0, 0, 0))
refused("migrate_pages", call((256, 238), 1, 1, 0, 0))
