"""Become root of a namespace of its own, or go into somebody else's."""

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

for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000, 0x8000000, 0x4000000, 0x2000000, 0x80, 0x10000000 | 0x20000):
    refused("unshare", call((272, 97), flag))
    refused("clone", call((56, 220), flag | 17, 0, 0, 0, 0))
    refused("clone of a thread", call((56, 220), flag | 17, 0, 0, 0, 0))
    refused("setns", call((308, 268), 0, flag))
for kind in ("user", "pid", "mnt", "net", "ipc", "uts", "cgroup"):
    for pid in ("self", "1", "2", os.getppid()):
        try:
            handle = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY)
        except OSError:
            continue
        refused(f"enter {kind} of {pid}", call((308, 268), handle, 0))
        refused("ask for its parent", call((16, 29), handle, 0xB702, 0))
        os.close(handle)
for path in ("/proc/self/uid_map", "/proc/self/setgroups"):
    try:
        open(path, "w")
    except OSError:
        continue
    raise RuntimeError(f"opened {path}")
