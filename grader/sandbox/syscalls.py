"""Which system calls a guest may make: an allow-list. Everything else answers EPERM.

The list is what CPython and CPU torch need to compute, read their own libraries and write to the work folder. Absent
on purpose: sockets of every kind, creating processes and executing, ptrace and process_vm, signals to others,
mounts and namespaces, keys, bpf, perf, userfaultfd, io_uring, System V and POSIX message passing, modules, clocks.
"""

from __future__ import annotations

import errno
import tempfile

_NAMES = """
    read write readv writev pread64 pwrite64 lseek close close_range dup dup2 dup3 fcntl ioctl pipe pipe2
    open openat openat2 creat stat fstat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat
    getdents getdents64 getcwd chdir fchdir statfs fstatfs mkdir mkdirat rmdir unlink unlinkat rename renameat
    renameat2 ftruncate truncate fsync fdatasync umask utimensat flock fallocate copy_file_range sendfile
    poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait eventfd2
    recvfrom recvmsg sendto sendmsg shutdown getsockopt setsockopt
    munmap mprotect mremap madvise brk mincore msync membarrier get_mempolicy
    futex set_robust_list get_robust_list rseq set_tid_address arch_prctl
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigsuspend rt_sigtimedwait sigaltstack
    clock_gettime clock_getres clock_nanosleep nanosleep gettimeofday time times getitimer setitimer alarm
    getpid getppid gettid getuid geteuid getgid getegid getgroups getpgrp getpgid getsid getresuid getresgid
    getrusage getrlimit prlimit64 sched_getaffinity sched_yield sched_getparam sched_getscheduler getcpu
    sysinfo uname getrandom restart_syscall exit exit_group getpriority capget
"""
ALLOWED = tuple(_NAMES.split())
"""By name. The calls that move bytes over a socket are for the wire, the only socket that a guest has."""

_CLONE_THREAD = 0x0001_0000
_MAP_SHARED = 0x01
_TO_SELF = ("tgkill", "tkill", "kill")


def compile_filter() -> bytes:
    """Return the BPF program of the allow-list for this machine. Raises `OSError` where libseccomp is missing."""
    import pyseccomp  # noqa: PLC0415 - imported here, where a machine without libseccomp can be told apart

    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    for name in ALLOWED:
        if _is_known(pyseccomp, name):
            rules.add_rule(pyseccomp.ALLOW, name)
    # Threads yes, processes no. clone3 hides its flags behind a pointer, so it is refused in the way that makes
    # the C library fall back to clone.
    rules.add_rule(pyseccomp.ALLOW, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, _CLONE_THREAD, _CLONE_THREAD))
    rules.add_rule(pyseccomp.ERRNO(errno.ENOSYS), "clone3")
    # Private memory counts against the guest's limit; shared memory would not.
    rules.add_rule(pyseccomp.ALLOW, "mmap", pyseccomp.Arg(3, pyseccomp.MASKED_EQ, _MAP_SHARED, 0))
    # A guest is process 1 of its own pid namespace: it may signal itself, which is how abort() ends it.
    for name in _TO_SELF:
        rules.add_rule(pyseccomp.ALLOW, name, pyseccomp.Arg(0, pyseccomp.EQ, 1))
    with tempfile.TemporaryFile() as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _is_known(pyseccomp: object, name: str) -> bool:
    """Tell whether this architecture has the call: `open` and its kin do not exist on arm64."""
    resolve = pyseccomp.resolve_syscall  # type: ignore[attr-defined]  # the library has no types
    try:
        return bool(resolve(pyseccomp.Arch.NATIVE, name) >= 0)  # type: ignore[attr-defined]
    except (OSError, ValueError):
        return False
