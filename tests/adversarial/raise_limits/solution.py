"""Take more than was given: limits, priorities, processors, and those of other processes."""

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

import resource

for kind in (
    resource.RLIMIT_DATA, resource.RLIMIT_CPU, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE,
    resource.RLIMIT_STACK, resource.RLIMIT_CORE, resource.RLIMIT_MEMLOCK, resource.RLIMIT_MSGQUEUE, resource.RLIMIT_AS,
):
    soft, hard = resource.getrlimit(kind)
    if hard == resource.RLIM_INFINITY:
        raise RuntimeError(f"limit {kind} is not set")
    for wanted in ((hard, hard + 1), (resource.RLIM_INFINITY, resource.RLIM_INFINITY), (soft, resource.RLIM_INFINITY)):
        try:
            resource.setrlimit(kind, wanted)
        except (OSError, ValueError):
            continue
        raise RuntimeError(f"limit {kind} is {resource.getrlimit(kind)}")
    for pid in {1, 2, os.getppid(), os.getpid() + 1} - {0, os.getpid()}:
        try:
            resource.prlimit(pid, kind)
        except OSError:
            continue
        raise RuntimeError(f"the limits of process {pid}")
refused("sched_setaffinity", call((203, 122), 0, 8, ctypes.byref(ctypes.c_ulong(1))))
refused("sched_setscheduler", call((144, 119), 0, 1, ctypes.byref(ctypes.c_int(1))))
refused("sched_setattr", call((314, 274), 0, ctypes.create_string_buffer(56), 0))
refused("setpriority", call((141, 140), 0, 0, -20))
refused("setpriority of the user", call((141, 140), 2, os.getuid(), 19))
refused("ioprio_set", call((251, 30), 1, 0, 0))
refused("mlockall", call((151, 230), 3))
refused("mbind", call((237, 235), 0, 4096, 0, 0, 0, 0))
