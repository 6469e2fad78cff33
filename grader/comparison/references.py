"""The reference's replicates, computed once for a suite version, a version of torch and a class of device.

They are kept as files in the worker's data folder: deleting one costs the time to compute it again.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from grader.comparison.finding import World

_FORM = 1
"""Changes whenever what is kept, or how it is computed here, does."""


@dataclass(frozen=True)
class References:
    """What the reference showed on each problem of a block, run after run.

    `values` (n, R, k) are its statistics in float64; `curves` its loss curves by name: for each step the lowest and the
    highest of nine tenths of the runs, and the median.
    """

    values: Tensor
    curves: dict[str, tuple[list[float], list[float], list[float]]]


def references(world: World, name: str, compute: Callable[[], tuple[Tensor, dict[str, Tensor]]]) -> References:
    """Return what was computed earlier, or compute it now: statistics (n, R, k), and curves (n R, steps) by name."""
    path = world.folder / "references" / f"{name}-{_key(world, name)}.json"
    with _alone(path):
        if (known := _read(path)) is not None:
            return known
        values, curves = compute()
        found = References(values.double(), {name: _summary(lines) for name, lines in curves.items()})
        _write(path, found)
    return found


def device_class(device: torch.device) -> str:
    """Return what kind of device this is, as far as its rounding and its random numbers depend on it."""
    if device.type == "cuda":
        return f"cuda {torch.cuda.get_device_name(device)}"
    return f"cpu {torch.backends.cpu.get_cpu_capability()}"


def _key(world: World, name: str) -> str:
    parts = (_FORM, name, world.version, world.data, torch.__version__, device_class(world.device))
    return hashlib.sha256(json.dumps([str(part) for part in parts]).encode()).hexdigest()[:16]


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let one process at a time compute a file; the others find it when their turn comes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(path: Path) -> References | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        curves = {name: (low, middle, high) for name, (low, middle, high) in data["curves"].items()}
        return References(torch.tensor(data["values"], dtype=torch.float64), curves)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):  # cut short by a full disk: as good as none
        return None


def _write(path: Path, found: References) -> None:
    """Write a file as a whole or not at all."""
    young = path.with_suffix(f".{os.getpid()}")
    young.write_text(json.dumps({"values": found.values.tolist(), "curves": found.curves}), encoding="utf-8")
    young.replace(path)


def _summary(lines: Tensor) -> tuple[list[float], list[float], list[float]]:
    quantiles = torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)
    low, middle, high = lines.double().quantile(quantiles, dim=0).tolist()
    return low, middle, high
