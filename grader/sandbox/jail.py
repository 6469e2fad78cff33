"""The walls: what the zygote builds once for all guests, and what each guest closes behind itself.

Once: user, pid, mount, net, ipc, uts and cgroup namespaces; a read-only root that holds the interpreter's and the
system's libraries and nothing else. For each guest: pid, mount, net, ipc and uts namespaces of its own, a small
work folder in memory, a uid of its own where the machine allows it, resource limits, no capabilities, a seccomp
filter. Standard library only: this is in the guest's process.
"""

from __future__ import annotations

import os
import resource
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from grader.sandbox import kernel

WORK_FOLDER = "/student"
FIRST_GUEST_UID = 60_100
GUEST_UIDS = 256
_SEEN_DEVICES = ("null", "zero", "urandom")
_OUTER_NAMESPACES = (
    kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNS
    | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWCGROUP
)
_GUEST_NAMESPACES = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS


@dataclass(frozen=True, kw_only=True)
class GuestLimits:
    """Resource limits of one guest process. `data_bytes` comes on top of what the zygote already holds."""

    cpu_seconds: int
    data_bytes: int
    work_folder_bytes: int
    open_files: int = 64
    processes: int = 16


class WallError(OSError):
    """A wall could not be built on this machine; the text names the step."""


def enter_outer_namespaces() -> bool:
    """Move this single-threaded process's future children into new namespaces; the caller forks next.

    Returns whether guests can have uids of their own (only root may map them). Raises `WallError`.
    """
    may_map = os.geteuid() == 0
    go_read, go_write = os.pipe()
    done_read, done_write = os.pipe()
    me = os.getpid()
    mapper = os.fork()
    if mapper == 0:  # the maps are written from outside: within, the right to map foreign uids is gone
        os.close(go_write)
        os.read(go_read, 1)
        os.write(done_write, _write_maps(me, may_map))
        os._exit(0)
    try:
        kernel.unshare(_OUTER_NAMESPACES)
    except OSError as error:
        raise WallError(error.errno, f"new namespaces: {error.strerror}") from None
    finally:
        os.write(go_write, b"!")
        answer = os.read(done_read, 200)
        os.waitpid(mapper, 0)
        for handle in (go_read, go_write, done_read, done_write):
            os.close(handle)
    if answer.startswith(b"error"):
        raise WallError(0, f"mapping uids: {answer.decode(errors='replace')}")
    return answer == b"own uids"


def _write_maps(pid: int, may_map: bool) -> bytes:
    folder = Path(f"/proc/{pid}")
    own_uid, own_gid = os.getuid(), os.getgid()
    try:
        if may_map:
            for name in ("uid_map", "gid_map"):
                (folder / name).write_text(f"0 0 1\n1 {FIRST_GUEST_UID} {GUEST_UIDS}\n")
            return b"own uids"
    except OSError:
        pass  # root of a container that was given too few uids: one uid is what there is
    try:
        (folder / "setgroups").write_text("deny")
        (folder / "uid_map").write_text(f"0 {own_uid} 1\n")
        (folder / "gid_map").write_text(f"0 {own_gid} 1\n")
    except OSError as error:
        return f"error: {error}".encode()[:200]
    return b"one uid"


def build_root(hidden: list[str]) -> None:
    """Replace this process's view of the file system by a minimal read-only one. Raises `OSError`.

    It holds the libraries of the interpreter and the system, three devices and an empty work folder. `hidden` names
    folders which are covered even where they lie inside one of these.
    """
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    root = "/tmp"  # noqa: S108 - covered by our own file system in our own namespace, seen by nobody else
    kernel.mount("tmpfs", root, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=1m,mode=755")
    for path in _libraries():
        place = root + path
        if Path(path).is_dir():
            os.makedirs(place, exist_ok=True)
            _bind_read_only(path, place)
        else:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            Path(place).touch()
            _bind_read_only(path, place)
    for path in hidden:
        if os.path.isdir(root + path):
            kernel.mount("tmpfs", root + path, "tmpfs", kernel.MS_RDONLY | kernel.MS_NOSUID, "size=4k,mode=000")
    os.makedirs(f"{root}/dev", exist_ok=True)
    for name in _SEEN_DEVICES:
        Path(f"{root}/dev/{name}").touch()
        kernel.mount(f"/dev/{name}", f"{root}/dev/{name}", flags=kernel.MS_BIND)
    os.makedirs(root + WORK_FOLDER)
    os.makedirs(f"{root}/old")
    for link, target in _links().items():
        if not os.path.lexists(root + link):
            os.symlink(target, root + link)
    kernel.pivot_root(root, f"{root}/old")
    os.chdir("/")
    kernel.unmount("/old")
    os.rmdir("/old")
    os.symlink(WORK_FOLDER, "/tmp")  # noqa: S108 - inside the jail: libraries that want a /tmp get the work folder
    kernel.mount(
        "none", "/", flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV
    )


def _libraries() -> list[str]:
    """Return the existing folders and files that a running interpreter needs, outermost first, links resolved."""
    wanted = {"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"}
    wanted |= {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    wanted.add(f"{sys.base_prefix}/lib")
    real = sorted(path for path in wanted if os.path.exists(path) and not os.path.islink(path))
    return [path for path in real if not any(path.startswith(f"{other}/") for other in real)]


def _links() -> dict[str, str]:
    """Return the symbolic links at the top of the file system that merged-/usr systems have (`/lib` and kin)."""
    return {path: os.readlink(path) for path in ("/lib", "/lib64") if os.path.islink(path)}


def _bind_read_only(source: str, target: str) -> None:
    kernel.mount(source, target, flags=kernel.MS_BIND | kernel.MS_REC)
    flags = kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV
    if os.statvfs(target).f_flag & os.ST_NOEXEC:  # what the host forbids, a user namespace may not take away
        flags |= kernel.MS_NOEXEC
    kernel.mount("none", target, flags=flags)


def fork_guest(own_pid_namespace: int) -> int:
    """Fork a child that is process 1 of a new pid namespace; when it ends, everything it started ends with it.

    `own_pid_namespace` is a pidfd of this process, by which its later children return to its own namespace.
    """
    kernel.unshare(kernel.CLONE_NEWPID)
    try:
        child = os.fork()
    except OSError:
        kernel.set_namespace(own_pid_namespace, kernel.CLONE_NEWPID)
        raise
    if child:
        kernel.set_namespace(own_pid_namespace, kernel.CLONE_NEWPID)
    return child


def close_guest_walls(limits: GuestLimits, *, uid: int | None, syscall_filter: bytes) -> None:
    """Shut this freshly forked guest in. Nothing of a student may run before this returns. Raises `OSError`.

    `uid` is the guest's own uid within the zygote's user namespace, `None` where there is only one.
    """
    kernel.unshare(_GUEST_NAMESPACES)
    owner = f",uid={uid},gid={uid}" if uid is not None else ""
    options = f"size={limits.work_folder_bytes},nr_inodes=256,mode=700{owner}"
    kernel.mount("tmpfs", WORK_FOLDER, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC, options)
    kernel.set_hostname("guest")
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    limit_resources(limits)
    os.chdir(WORK_FOLDER)
    kernel.drop_capabilities()
    kernel.refuse_inspection()
    kernel.install_filter(syscall_filter)


def limit_resources(limits: GuestLimits) -> None:
    """Set the resource limits of this process, soft and hard alike."""
    wanted = {
        resource.RLIMIT_CPU: limits.cpu_seconds,
        resource.RLIMIT_DATA: limits.data_bytes,
        resource.RLIMIT_FSIZE: limits.work_folder_bytes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    for kind, value in wanted.items():
        resource.setrlimit(kind, (value, value))


def data_size() -> int:
    """Return the bytes of private writable memory that this process has now, as RLIMIT_DATA counts them."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    raise WallError(0, "the kernel does not tell VmData")
