"""The walls for inside an ordinary container, where new namespaces are refused: Landlock's rules for files.

What Landlock cannot hold (sockets, processes, signals on older kernels) the system-call filter holds. What neither
can: whether a path exists, and how large a file is, may be asked. Standard library only: this is in the guest's
process. Constants and structures are those of Linux's `landlock.h`.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Sequence
from pathlib import Path

from grader.sandbox import kernel
from grader.sandbox.walls import FIRST_GUEST_UID, WallError, become, libraries

_WRITE_FILE, _READ_FILE, _READ_DIR, _IOCTL_DEVICE = 1 << 1, 1 << 2, 1 << 3, 1 << 15
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
"""How many rights over files each version of Landlock knows; later versions know as many as the last one here."""


def version() -> int:
    """Return the version of Landlock's interface that this kernel offers. Raises `WallError` if it has none."""
    try:
        return kernel.landlock_version()
    except OSError as error:
        raise WallError(error.errno, f"Landlock: {error.strerror}") from None


def holds_truncation() -> bool:
    """Tell whether this kernel's Landlock also keeps files from being cut short; before version 3 it does not."""
    return version() >= 3


def make_rules(hidden: Sequence[Path], devices: Sequence[str]) -> int:
    """Return a descriptor of rules: libraries may be read, these devices used, and no other file opened at all.

    Raises `WallError` where something hidden lies inside a library folder: Landlock cannot take a part back.
    """
    readable = libraries()
    if inside := next((path for path in hidden for folder in readable if path.is_relative_to(folder)), None):
        raise WallError(0, f"{inside} lies inside a folder of libraries that guests can read; keep it elsewhere")
    abi = version()
    files = (1 << _FILE_RIGHTS[min(abi, max(_FILE_RIGHTS))]) - 1
    network = 0b11 if abi >= 4 else 0
    scopes = 0b11 if abi >= 6 else 0
    rules = kernel.landlock_rules(files, network, scopes)
    for path in readable:
        allowed = _READ_FILE | _READ_DIR if path.is_dir() else _READ_FILE
        kernel.landlock_allow(rules, path, allowed)
    for device in devices:
        kernel.landlock_allow(rules, Path(device), (_READ_FILE | _WRITE_FILE | _IOCTL_DEVICE) & files)
    return rules


def can_give_uids() -> bool:
    """Tell whether guests can have uids of their own: try one, that reads the libraries and that can be ended."""
    if os.geteuid() != 0:
        return False
    needed = libraries()
    mine, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        mine.close()
        theirs.send(b"y" if _can_be(FIRST_GUEST_UID, needed) else b"n")
        theirs.recv(1)  # until the other side hangs up
        os._exit(0)
    theirs.close()
    with mine:
        can = mine.recv(1) == b"y"
        try:
            os.kill(child, signal.SIGKILL)
        except PermissionError:  # root of a container that lacks the right to signal others
            can = False
    os.waitpid(child, 0)
    return can


def _can_be(uid: int, needed: Sequence[Path]) -> bool:
    try:
        become(uid)
    except OSError:
        return False
    return all(os.access(path, os.R_OK) for path in needed)
