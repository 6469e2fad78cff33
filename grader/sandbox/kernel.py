"""The few system calls that Python's standard library lacks, by name. Linux only; errors are `OSError`."""

from __future__ import annotations

import contextlib
import ctypes
import os
from pathlib import Path

CLONE_NEWNS = 0x0002_0000
CLONE_NEWCGROUP = 0x0200_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

_HUGE_PAGE = 2 << 20
_MADV_COLLAPSE = 25
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION_3 = 0x2008_0522
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_LAST_CAPABILITY = 63
_SYS_LANDLOCK_CREATE_RULESET, _SYS_LANDLOCK_ADD_RULE, _SYS_LANDLOCK_RESTRICT_SELF = 444, 445, 446  # on all machines
_LANDLOCK_CREATE_RULESET_VERSION = 1
_LANDLOCK_RULE_PATH_BENEATH = 1

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(flags: int) -> None:
    """Move this process into new namespaces."""
    _checked(_libc.unshare(flags), "unshare")


def set_namespace(handle: int, kind: int) -> None:
    """Move this process (for pid namespaces: its future children) into the namespaces of `handle`, a pidfd."""
    _checked(_libc.setns(handle, kind), "setns")


def mount(source: str, target: str, kind: str = "", flags: int = 0, options: str = "") -> None:
    _checked(
        _libc.mount(source.encode(), target.encode(), kind.encode() or None, ctypes.c_ulong(flags), options.encode()),
        f"mount {target}",
    )


def unmount(target: str) -> None:
    _checked(_libc.umount2(target.encode(), MNT_DETACH), f"umount {target}")


def pivot_root(new_root: str, old_root: str) -> None:
    number = _SYS_PIVOT_ROOT[os.uname().machine]
    _checked(_libc.syscall(number, new_root.encode(), old_root.encode()), "pivot_root")


def set_hostname(name: str) -> None:
    _checked(_libc.sethostname(name.encode(), len(name)), "sethostname")


def die_with_parent(signal_number: int) -> None:
    """Ask for a signal when the thread that started this process ends."""
    _checked(_libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "prctl(PDEATHSIG)")


def offer_as_victim() -> None:
    """Have the kernel end this process and its children before others, should the machine run out of memory."""
    with contextlib.suppress(OSError):  # where /proc is not to be written, it will choose by size
        Path("/proc/self/oom_score_adj").write_text("800")


def gather_memory() -> None:
    """Have this process's memory put on huge pages, as far as the kernel does so, before it forks.

    A fork then copies a table for each 2 MiB instead of each 4 KiB; what a child writes to is still copied by 4 KiB.
    """
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, rights, _, _, inode = line.split()[:5]
        begin, end = (int(address, 16) for address in span.split("-"))
        if rights == "rw-p" and inode == "0" and end - begin >= _HUGE_PAGE:
            _libc.madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), _MADV_COLLAPSE)  # or it stays as it is


def refuse_inspection() -> None:
    """Keep processes of the same uid from attaching to this one or reading its memory."""
    _checked(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl(DUMPABLE)")


def forgo_privileges() -> None:
    """Keep whatever this process may execute from gaining rights by it; filters and Landlock ask for that."""
    _checked(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl(NO_NEW_PRIVS)")


def drop_capabilities() -> None:
    """Give up every capability, for this process and all it could ever execute, and the way back."""
    forgo_privileges()
    _checked(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "prctl(CAP_AMBIENT)")
    for capability in range(_LAST_CAPABILITY + 1):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break  # the kernel knows no further ones
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    none = (ctypes.c_uint32 * 6)()
    _checked(_libc.capset(header, none), "capset")


def landlock_version() -> int:
    """Return the version of Landlock's interface."""
    return _answered(_libc.syscall(_SYS_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_CREATE_RULESET_VERSION), "landlock")


def landlock_rules(files: int, network: int, scopes: int) -> int:
    """Return the descriptor of a new set of rules that handles these rights: what it does not allow is refused."""
    attributes = (ctypes.c_uint64 * 3)(files, network, scopes)
    size = ctypes.sizeof(attributes)
    return _answered(_libc.syscall(_SYS_LANDLOCK_CREATE_RULESET, attributes, size, 0), "landlock_create_ruleset")


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("handle", ctypes.c_int32)]


def landlock_allow(rules: int, path: Path, rights: int) -> None:
    """Allow rights over a file, or over a folder and all below it."""
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = ctypes.byref(_Beneath(rights, handle))
        result = _libc.syscall(_SYS_LANDLOCK_ADD_RULE, rules, _LANDLOCK_RULE_PATH_BENEATH, rule, 0)
        _checked(result, f"landlock_add_rule {path}")
    finally:
        os.close(handle)


def landlock_restrict_self(rules: int) -> None:
    """Put this thread, and all that it starts, under a set of rules. Needs no_new_privs. There is no way back."""
    _checked(_libc.syscall(_SYS_LANDLOCK_RESTRICT_SELF, rules, 0), "landlock_restrict_self")


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def install_filter(program: bytes) -> None:
    """Install a seccomp filter, given as compiled BPF. Needs no_new_privs. It cannot be taken off again."""
    holder = _Program(len(program) // 8, program)
    _checked(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(holder), 0, 0), "prctl(SECCOMP)")


def _checked(result: int, what: str) -> None:
    if result != 0:
        _answered(-1, what)


def _answered(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
