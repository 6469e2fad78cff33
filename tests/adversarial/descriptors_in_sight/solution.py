"""Look for descriptors beside the four that a guest has, and through those four."""

import os
import stat

kinds = {}
for handle in range(4096):
    try:
        kinds[handle] = stat.S_IFMT(os.fstat(handle).st_mode)
    except OSError:
        continue
if kinds != {0: stat.S_IFCHR, 1: stat.S_IFIFO, 2: stat.S_IFIFO, 3: stat.S_IFSOCK}:
    raise RuntimeError(f"descriptors {kinds}")
if os.fstat(0).st_rdev != os.makedev(1, 3):
    raise RuntimeError("standard input is not /dev/null")
for way in ("/proc/self/fd/3", "/dev/fd/3", "/proc/thread-self/fd/3", "/proc/1/fd/3", f"/proc/{os.getppid()}/fd/3"):
    try:
        os.close(os.open(way, os.O_RDWR))
    except OSError:
        continue
    raise RuntimeError("opened the wire once more")
for call in (lambda: os.read(1, 1), lambda: os.fchdir(3), lambda: os.listdir(1), lambda: os.write(0, b"x") > 1):
    try:
        answer = call()
    except OSError:
        continue
    if answer:
        raise RuntimeError(f"got {answer!r}")
