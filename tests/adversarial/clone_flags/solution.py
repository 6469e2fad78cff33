"""Threads are made with clone: try it with the flags of processes and of namespaces."""

import ctypes
import errno
import os

libc = ctypes.CDLL(None, use_errno=True)
clone = {"x86_64": 56, "aarch64": 220}[os.uname().machine]
for flags in (17, 0x10000000 | 17, 0x20000000 | 17, 0x40000000, 0x00020000, 0x00004000 | 0x100 | 17):
    ctypes.set_errno(0)
    if libc.syscall(clone, flags, 0, 0, 0, 0) != -1 or ctypes.get_errno() != errno.EPERM:
        os._exit(7)
assert libc.syscall(435, 0, 0) == -1, "clone3"
