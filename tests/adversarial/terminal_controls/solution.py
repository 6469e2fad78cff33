"""Type into somebody's terminal, take it, and turn what other devices offer."""

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

REQUESTS = {
    "TIOCSTI": 0x5412, "TIOCSCTTY": 0x540E, "TIOCNOTTY": 0x5422, "TIOCSETD": 0x5423, "TIOCLINUX": 0x541C,
    "TIOCSPGRP": 0x5410, "TIOCSWINSZ": 0x5414, "TIOCCONS": 0x541D, "TIOCSIG": 0x40045436, "TCSETS": 0x5402,
    "FIBMAP": 1, "BLKROSET": 0x125D, "SIOCGIFCONF": 0x8912, "SIOCSIFFLAGS": 0x8914, "SIOCUNIXFILE": 0x89E0, "FS_IOC_SETFLAGS": 0x40086602,
}
for handle in (0, 1, 2, 3):
    for name, request in REQUESTS.items():
        ctypes.set_errno(0)
        refused(name, libc.ioctl(handle, ctypes.c_ulong(request), ctypes.create_string_buffer(b"x", 64)))
