"""The reference's replicates, computed once for a suite version, a version of torch and a class of device."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from grader.comparison.finding import World
from grader.judge.kept import kept, key_of

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
    parts = (_FORM, name, world.version, world.data, torch.__version__, device_class(world.device))

    def computed() -> References:
        values, curves = compute()
        return References(values.double(), {name: _summary(lines) for name, lines in curves.items()})

    path = world.folder / "references" / f"{name}-{key_of(*parts)}.json"
    return kept(path, read=_read, compute=computed, write=_written)


def device_class(device: torch.device) -> str:
    """Return what kind of device this is, as far as its rounding and its random numbers depend on it."""
    if device.type == "cuda":
        return f"cuda {torch.cuda.get_device_name(device)}"
    return f"cpu {torch.backends.cpu.get_cpu_capability()}"


def _read(data: bytes) -> References | None:
    try:
        told = json.loads(data)
        curves = {name: (low, middle, high) for name, (low, middle, high) in told["curves"].items()}
        return References(torch.tensor(told["values"], dtype=torch.float64), curves)
    except (ValueError, KeyError, TypeError):  # cut short by a full disk: as good as none
        return None


def _written(found: References) -> bytes:
    return json.dumps({"values": found.values.tolist(), "curves": found.curves}).encode()


def _summary(lines: Tensor) -> tuple[list[float], list[float], list[float]]:
    quantiles = torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)
    low, middle, high = lines.double().quantile(quantiles, dim=0).tolist()
    return low, middle, high
