"""Which system calls a guest may make: an allow-list. Everything else answers EPERM.

The list is what CPython and CPU torch need to compute, read their own libraries and write to the work folder. Absent
on purpose: sockets of every kind, creating processes and executing, ptrace and process_vm, signals to others,
mounts and namespaces, keys, bpf, perf, userfaultfd, io_uring, System V and POSIX message passing, modules, clocks.
"""

from __future__ import annotations

import errno
import os
import struct
import tempfile
from typing import Any

_NAMES = """
    read write readv writev pread64 pwrite64 lseek close close_range dup dup2 dup3 pipe pipe2
    stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat
    getdents getdents64 getcwd chdir fchdir statfs fstatfs mkdir mkdirat rmdir unlink unlinkat rename renameat
    renameat2 ftruncate fsync fdatasync umask flock fallocate copy_file_range sendfile
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2
    recvfrom recvmsg sendto sendmsg shutdown getsockopt setsockopt
    munmap mprotect mremap madvise brk msync membarrier get_mempolicy
    futex set_robust_list get_robust_list rseq set_tid_address arch_prctl
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getitimer setitimer alarm
    getpid getppid gettid getuid geteuid getgid getegid getgroups getpgrp getpgid getsid getresuid getresgid
    getrusage getrlimit sched_getaffinity sched_yield sched_getparam sched_getscheduler getcpu
    sysinfo uname getrandom restart_syscall exit exit_group getpriority capget
"""
ALLOWED = tuple(_NAMES.split())
"""By name. The calls that move bytes over a socket are for the wire, the only socket that a guest has."""

_CLONE_THREAD = 0x0001_0000
_MAP_SHARED, _MAP_ANONYMOUS, _MAP_GROWSDOWN = 0x01, 0x20, 0x100
_TO_SELF = ("tgkill", "tkill", "kill")
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032, 1034)
"""F_DUPFD, descriptor and status flags, locks, F_DUPFD_CLOEXEC, F_GETPIPE_SZ, F_GET_SEALS: not F_SETOWN and F_SETSIG,
by which a descriptor sends any signal to any process of the same uid."""
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS (isatty), TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX."""
_OWN_PID = 0x3C0F_FEE5
"""Stands in a compiled filter for the pid of the process that will install it."""
_INSTRUCTION = struct.Struct("=HBBI")  # code, jump if true, jump if false, constant


def compile_filter(*, truncation: bool = True, gpu: bool = False) -> bytes:
    """Return the BPF program of the allow-list for this machine, to be completed by `for_process`.

    Without `truncation` no file can be cut short, for a kernel where nothing else prevents it. With `gpu` its
    driver can be spoken to. Raises `OSError` where libseccomp is missing.
    """
    try:
        import pyseccomp  # noqa: PLC0415 - imported here, where a machine without libseccomp can be told apart
    except RuntimeError as error:
        raise OSError(f"system-call filter: {error}") from None

    def arg(place: int, value: int, mask: int | None = None) -> Any:
        if mask is None:
            return pyseccomp.Arg(place, pyseccomp.EQ, value)
        return pyseccomp.Arg(place, pyseccomp.MASKED_EQ, mask, value)

    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))

    def allow(name: str, *conditions: Any) -> None:
        if _is_known(pyseccomp, name):
            rules.add_rule(pyseccomp.ALLOW, name, *conditions)

    for name in ALLOWED:
        allow(name)
    # Threads yes, processes no. clone3 hides its flags behind a pointer, so it is refused in the way that makes
    # the C library fall back to clone.
    allow("clone", arg(0, _CLONE_THREAD, _CLONE_THREAD))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    # Private memory counts against the guest's limit; shared memory, and a stack that grows by itself, would not.
    allow("mmap", arg(3, 0, _MAP_SHARED | _MAP_GROWSDOWN))
    if gpu:
        allow("mmap", arg(3, _MAP_SHARED, _MAP_SHARED | _MAP_ANONYMOUS))
    # It may signal itself, which is how abort() ends it, and look after its own limits: nobody else's.
    for name in _TO_SELF:
        allow(name, arg(0, _OWN_PID))
    allow("prlimit64", arg(0, 0))
    for command in _FCNTL:
        allow("fcntl", arg(1, command))
    if gpu:
        allow("ioctl")
    else:
        for request in _IOCTL:
            allow("ioctl", arg(1, request))
    if truncation:
        for name in ("open", "openat", "openat2", "creat", "truncate"):
            allow(name)
    else:  # openat2 hides its flags, too; the C library does not need it
        allow("open", arg(1, 0, os.O_TRUNC))
        allow("openat", arg(2, 0, os.O_TRUNC))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def for_process(program: bytes, pid: int) -> bytes:
    """Return a compiled filter completed for the process `pid`, as that process itself calls it."""
    instructions = _INSTRUCTION.iter_unpack(program)
    return b"".join(
        _INSTRUCTION.pack(code, yes, no, pid if constant == _OWN_PID else constant)
        for code, yes, no, constant in instructions
    )


def _is_known(pyseccomp: object, name: str) -> bool:
    """Tell whether this architecture has the call: `open` and its kin do not exist on arm64."""
    resolve = pyseccomp.resolve_syscall  # type: ignore[attr-defined]  # the library has no types
    try:
        return bool(resolve(pyseccomp.Arch.NATIVE, name) >= 0)  # type: ignore[attr-defined]
    except (OSError, ValueError):
        return False
