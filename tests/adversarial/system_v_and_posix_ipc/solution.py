"""Leave memory, semaphores and messages in the kernel, to outlive this process."""

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

refused("shmget", call((29, 194), 0, 4096, 0o1666))
refused("shmat", call((30, 196), 0, 0, 0))
refused("shmctl", call((31, 195), 0, 14, 0))
refused("semget", call((64, 190), 4242, 1, 0o1666))
refused("semop", call((65, 193), 0, 0, 1))
refused("msgget", call((68, 186), 4242, 0o1666))
refused("msgsnd", call((69, 189), 0, 0, 1, 0))
refused("mq_open", call((240, 180), b"planted", 0o102, 0o666, 0))
refused("mq_unlink", call((241, 181), b"planted"))
from multiprocessing import shared_memory, synchronize

for way in (lambda: shared_memory.SharedMemory("planted", create=True, size=4096), lambda: synchronize.Lock(ctx=None)):
    try:
        way()
    except OSError:
        continue
    raise RuntimeError("shared memory or a semaphore")
