"""The tiers of isolation: what a zygote does once, how it forks a guest, and how that guest shuts itself in.

`namespaces` and `landlock` hold a guest; `process` holds nobody back and is for development alone.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from grader.sandbox import jail, kernel, landlock
from grader.sandbox.limits import GuestLimits, held, limit_resources, threads_of
from grader.sandbox.syscalls import compile_filter, for_process
from grader.sandbox.walls import FIRST_GUEST_UID, SEEN_DEVICES, WallError, become, give_up_rights


class Tier(Protocol):
    """One way of isolating guests. Made in the zygote, once torch is warm; raises `OSError` where it cannot be had."""

    own_uids: bool
    """Whether each guest has a uid that no other process has."""
    kept: int | None
    """A descriptor that a guest needs to shut itself in."""

    def fork(self) -> int:
        """Fork as `os.fork` does."""
        ...

    def set_apart(self) -> None:
        """Take what can be taken before it is known what the guest is for, in the guest."""
        ...

    def shut_in(self, limits: GuestLimits, number: int) -> None:
        """Shut this process in, in the guest; `number` (from 0) tells it from the guests beside it."""
        ...

    def clear(self, guest: int) -> None:
        """Remove what a guest that has ended has left."""
        ...


class Namespaces:
    """New namespaces around the zygote and each guest, a root with nothing but libraries, few system calls."""

    kept: int | None = None

    def __init__(self, hidden: Sequence[Path], devices: Sequence[str]) -> None:
        """Leave the host behind. Goes on in a new process; the old one waits for it and ends as it ends."""
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads != 1:
            raise WallError(0, f"a process that forks must have one thread, this one has {threads}")
        self._has_gpu = bool(devices)
        self._filter = compile_filter(gpu=self._has_gpu)
        self._ours = held()
        self.own_uids = jail.enter_outer_namespaces()
        child = os.fork()
        if child:
            os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)
        kernel.die_with_parent(signal.SIGKILL)
        if self.own_uids:
            os.setgroups([])
        jail.build_root(hidden, [*SEEN_DEVICES, *devices], with_proc=self._has_gpu)
        self._own_pid_namespace = os.pidfd_open(os.getpid())

    def fork(self) -> int:
        return jail.fork_guest(self._own_pid_namespace)

    def set_apart(self) -> None:
        jail.enter_guest_namespaces(with_proc=self._has_gpu)

    def shut_in(self, limits: GuestLimits, number: int) -> None:
        ours = held() if self._has_gpu else self._ours  # a GPU's driver has taken memory and descriptors by now
        uid = 1 + number if self.own_uids else None
        jail.enter_work_folder(limits.work_folder_bytes, uid)
        if uid is not None:
            become(uid)
        limit_resources(limits, ours, limit_space=not self._has_gpu)
        give_up_rights(for_process(self._filter, os.getpid()))

    def clear(self, guest: int) -> None:
        """Leave it to the kernel: the work folder went with the guest's namespaces."""


class Landlock:
    """Landlock's rules for files, a uid of its own where possible, few system calls; no file can be written."""

    def __init__(self, hidden: Sequence[Path], devices: Sequence[str]) -> None:
        self._has_gpu = bool(devices)
        self.kept: int | None = landlock.make_rules(hidden, [*SEEN_DEVICES, *devices])
        self._filter = compile_filter(truncation=landlock.holds_truncation(), gpu=self._has_gpu)
        self.own_uids = landlock.can_give_uids()
        # The kernel counts threads by uid: where guests share the worker's, all that it runs is counted with them.
        self._other_threads = 0 if self.own_uids else threads_of(os.getuid()) + 256

    def fork(self) -> int:
        return os.fork()

    def set_apart(self) -> None:
        os.setsid()
        os.chdir("/")

    def shut_in(self, limits: GuestLimits, number: int) -> None:
        ours = held(threads=self._other_threads)
        if self.own_uids:
            become(FIRST_GUEST_UID + number)
        kernel.die_with_parent(signal.SIGKILL)  # after the uid: a change of that takes it back
        limit_resources(limits, ours, limit_space=not self._has_gpu)
        kernel.forgo_privileges()
        assert self.kept is not None, "the rules are open until here"
        kernel.landlock_restrict_self(self.kept)
        os.close(self.kept)
        give_up_rights(for_process(self._filter, os.getpid()))

    def clear(self, guest: int) -> None:
        """Leave nothing: a guest could write nowhere."""


class Process:
    """A process of its own with resource limits. Nothing here stops anybody who wants out."""

    own_uids = False
    kept: int | None = None

    def __init__(self, hidden: Sequence[Path], devices: Sequence[str]) -> None:  # noqa: ARG002 - nothing is hidden here
        self._has_gpu = bool(devices)
        self._other_threads = threads_of(os.getuid()) + 256

    def fork(self) -> int:
        return os.fork()

    def set_apart(self) -> None:
        os.setsid()
        kernel.die_with_parent(signal.SIGKILL)

    def shut_in(self, limits: GuestLimits, number: int) -> None:  # noqa: ARG002 - there is one uid
        folder = _folder(os.getpid())
        folder.mkdir(mode=0o700)
        os.chdir(folder)
        limit_resources(limits, held(threads=self._other_threads), limit_space=not self._has_gpu)

    def clear(self, guest: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(guest, signal.SIGKILL)
        shutil.rmtree(_folder(guest), ignore_errors=True)


def _folder(guest: int) -> Path:
    return Path(tempfile.gettempdir()) / f"gradescent-guest-{guest}"


TIERS: dict[str, Callable[[Sequence[Path], Sequence[str]], Tier]] = {
    "namespaces": Namespaces,
    "landlock": Landlock,
    "process": Process,
}
"""By name; each is made with what it hides, and with the devices beyond the usual ones that its guests use."""
