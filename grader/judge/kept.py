"""What takes long to compute and is the same at every start: kept as files in the worker's data folder.

Deleting such a file costs the time to compute it again.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def kept(path: Path, *, read: Callable[[bytes], T | None], compute: Callable[[], T], write: Callable[[T], bytes]) -> T:
    """Return what `read` makes of a file, or compute it now and keep what `write` makes of it.

    `read` returns `None` for bytes that are as good as none. One process at a time computes a file; the others find it
    when their turn comes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path):
        with contextlib.suppress(FileNotFoundError):
            if (known := read(path.read_bytes())) is not None:
                return known
        found = compute()
        young = path.with_suffix(f".{os.getpid()}")  # a file is written as a whole or not at all
        young.write_bytes(write(found))
        young.replace(path)
    return found


def key_of(*parts: object) -> str:
    """Return a name, fit for a file, for all that something was computed from."""
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()[:16]


@functools.cache
def code_of(package: Path) -> str:
    """Return a name for the Python files of a package, as they are when it is first asked for."""
    digest = hashlib.sha256()
    for path in sorted(package.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
