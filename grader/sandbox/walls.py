"""What the kinds of walls share: which files a guest sees, the uids of guests, and the last steps of shutting one in.

Standard library only: this is in the guest's process.
"""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

from grader.sandbox import kernel

FIRST_GUEST_UID = 60_100
GUEST_UIDS = 256
SEEN_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")


def gpu_devices() -> list[str]:
    """Return the device files of NVIDIA's driver; empty where there is no GPU."""
    names = (path.name for path in Path("/dev").glob("nvidia*") if path.is_char_device())
    devices = [f"/dev/{name}" for name in sorted(names)]
    return devices if "/dev/nvidiactl" in devices else []


class WallError(OSError):
    """A wall could not be built on this machine; the text names the step."""


def libraries() -> list[Path]:
    """Return the existing folders and files that a running interpreter needs, outermost only, links left out."""
    wanted = {Path(path) for path in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib")}
    wanted |= {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    wanted |= {Path(sys.base_prefix) / "lib", Path("/etc/ld.so.cache")}
    real = {path for path in wanted if path.exists() and not path.is_symlink()}
    return sorted(path for path in real if real.isdisjoint(path.parents))


def become(uid: int) -> None:
    """Give up this process's identity for good; needs the right to do so. Raises `OSError`."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def give_up_rights(syscall_filter: bytes) -> None:
    """Take the last steps of shutting a guest in: no capability, no way back, few system calls. Raises `OSError`."""
    kernel.drop_capabilities()
    kernel.refuse_inspection()
    kernel.install_filter(syscall_filter)
