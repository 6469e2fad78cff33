"""The walls that are made of namespaces: those around the zygote, and those of each guest.

Once: user, pid, mount, net, ipc, uts and cgroup namespaces; a read-only root that holds the interpreter's and the
system's libraries and nothing else. For each guest: pid, mount, net, ipc and uts namespaces of its own and a small
work folder in memory. Standard library only: this is in the guest's process.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from pathlib import Path

from grader.sandbox import kernel
from grader.sandbox.walls import FIRST_GUEST_UID, GUEST_UIDS, WallError, libraries

WORK_FOLDER = "/student"
_OUTER_NAMESPACES = (
    kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNS
    | kernel.CLONE_NEWNET
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWCGROUP
)
_PROC_FLAGS = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
_GUEST_NAMESPACES = kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWIPC | kernel.CLONE_NEWUTS


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


def build_root(hidden: Sequence[Path], devices: Sequence[str], *, with_proc: bool) -> None:
    """Replace this process's view of the file system by a minimal read-only one. Raises `OSError`.

    It holds the libraries of the interpreter and the system, these devices and an empty work folder; `with_proc` also
    what the kernel tells of the processes in here. `hidden` names folders which are covered even where they lie
    inside one of these.
    """
    kernel.mount("none", "/", flags=kernel.MS_REC | kernel.MS_PRIVATE)
    root = Path("/tmp")  # noqa: S108 - covered by a file system of our own in a namespace of our own
    # Opened first: what lies under /tmp itself (a checkout, say) cannot be reached by its path once that is covered.
    places = {path: (os.open(path, os.O_PATH), path.is_dir()) for path in libraries()}
    kernel.mount("tmpfs", str(root), "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "size=1m,mode=755")
    for path, (handle, is_folder) in places.items():
        place = _inside(root, path)
        if is_folder:
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        _bind_read_only(Path(f"/proc/self/fd/{handle}"), place)
        os.close(handle)
    for path in hidden:
        if (place := _inside(root, path)).is_dir():
            kernel.mount("tmpfs", str(place), "tmpfs", kernel.MS_RDONLY | kernel.MS_NOSUID, "size=4k,mode=000")
    for device in devices:
        place = _inside(root, Path(device))
        place.parent.mkdir(exist_ok=True)
        place.touch()
        kernel.mount(device, str(place), flags=kernel.MS_BIND)
    for link in (Path("/lib"), Path("/lib64")):
        if link.is_symlink():  # on a system with a merged /usr
            _inside(root, link).symlink_to(link.readlink())
    _inside(root, Path(WORK_FOLDER)).mkdir()
    if with_proc:  # now, while the old one is in sight: later the kernel would not allow it
        _inside(root, Path("/proc")).mkdir()
        kernel.mount("proc", str(_inside(root, Path("/proc"))), "proc", _PROC_FLAGS)
    old = root / "old"
    old.mkdir()
    kernel.pivot_root(str(root), str(old))
    os.chdir("/")
    kernel.unmount("/old")
    Path("/old").rmdir()
    if not Path("/tmp").exists():  # noqa: S108 - in the jail: for libraries that want to see a /tmp
        Path("/tmp").symlink_to(WORK_FOLDER)  # noqa: S108 - as above
    kernel.mount(
        "none", "/", flags=kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV
    )


def _inside(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")


def _bind_read_only(source: Path, target: Path) -> None:
    kernel.mount(str(source), str(target), flags=kernel.MS_BIND | kernel.MS_REC)
    flags = kernel.MS_REMOUNT | kernel.MS_BIND | kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV
    if os.statvfs(target).f_flag & os.ST_NOEXEC:  # what the host forbids, a user namespace may not take away
        flags |= kernel.MS_NOEXEC
    kernel.mount("none", str(target), flags=flags)


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


def enter_guest_namespaces(*, with_proc: bool) -> None:
    """Give this freshly forked guest namespaces of its own. Raises `OSError`."""
    kernel.unshare(_GUEST_NAMESPACES)
    with contextlib.suppress(OSError):  # some containers refuse it; then the container's own name is seen
        kernel.set_hostname("guest")
    if with_proc:
        kernel.mount("proc", "/proc", "proc", _PROC_FLAGS)


def enter_work_folder(size: int, uid: int | None) -> None:
    """Make a small work folder in memory, seen by this guest alone, and go there. Raises `OSError`.

    `uid` is the guest's own uid within the zygote's user namespace, `None` where there is only one.
    """
    owner = f",uid={uid},gid={uid}" if uid is not None else ""
    options = f"size={size},nr_inodes=256,mode=700{owner}"
    kernel.mount("tmpfs", WORK_FOLDER, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC, options)
    os.chdir(WORK_FOLDER)
