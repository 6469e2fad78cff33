"""What one guest process may use, as the kernel is told it. Standard library only: this is in the guest's process."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path

_ARENA_BYTES = 64 << 20
"""Address space, not memory, that the C library sets aside for each thread that allocates."""
_SPARE_SPACE = 1 << 30
"""Address space for libraries that are loaded late."""


@dataclass(frozen=True, kw_only=True)
class GuestLimits:
    """Resource limits of one guest process, on top of what it holds for reasons of ours."""

    cpu_seconds: int
    data_bytes: int
    work_folder_bytes: int
    open_files: int
    threads: int
    device_memory_bytes: int


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a process holds for reasons of ours: memory, address space, descriptors.

    `threads` are those of other processes that the kernel counts together with this one's.
    """

    data_bytes: int
    space_bytes: int
    files: int
    threads: int = 0


def held(*, threads: int = 0) -> Held:
    """Return what this process holds now. Needs /proc; raises `OSError`."""
    status = _status("/proc/self/status")
    files = len(list(Path("/proc/self/fd").iterdir()))
    return Held(data_bytes=status["VmData"] << 10, space_bytes=status["VmSize"] << 10, files=files, threads=threads)


def limit_resources(limits: GuestLimits, ours: Held, *, limit_space: bool = True) -> None:
    """Set the resource limits of this process, soft and hard alike; where the host's own are stricter, those hold.

    Memory is counted by RLIMIT_DATA. Address space is limited too, generously, since the tables that describe it take
    memory that nobody counts; not where a GPU's driver reserves terabytes of it.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    space = ours.space_bytes + limits.data_bytes + limits.threads * _ARENA_BYTES + _SPARE_SPACE
    wanted = {
        resource.RLIMIT_CPU: limits.cpu_seconds + int(used.ru_utime + used.ru_stime),
        resource.RLIMIT_DATA: limits.data_bytes + ours.data_bytes,
        resource.RLIMIT_AS: space if limit_space else resource.RLIM_INFINITY,
        resource.RLIMIT_FSIZE: limits.work_folder_bytes,
        resource.RLIMIT_NOFILE: limits.open_files + ours.files,
        resource.RLIMIT_NPROC: limits.threads + ours.threads,
        resource.RLIMIT_STACK: 8 << 20,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MSGQUEUE: 0,
        resource.RLIMIT_MEMLOCK: 0,
    }
    for kind, value in wanted.items():
        hard = resource.getrlimit(kind)[1]
        lowest = min((value, hard), key=lambda limit: float("inf") if limit == resource.RLIM_INFINITY else limit)
        resource.setrlimit(kind, (lowest, lowest))


def threads_of(uid: int) -> int:
    """Return how many threads all visible processes of a real uid have, as RLIMIT_NPROC counts them."""
    total = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = _status(f"{folder}/status")
            except OSError:
                continue  # it ended while we looked
            total += status["Threads"] if status["Uid"] == uid else 0
    return total


def _status(path: str) -> dict[str, int]:
    """Return the first number of each line of a process's status file that begins with one. Raises `OSError`."""
    lines = (line.partition(":") for line in Path(path).read_text().splitlines())
    words = {name: rest.split() for name, _, rest in lines}
    return {name: int(rest[0]) for name, rest in words.items() if rest and rest[0].isdecimal()}
