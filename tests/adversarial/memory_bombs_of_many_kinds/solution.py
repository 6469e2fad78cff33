"""Ask for more memory than there is, in every way that Python and torch have; each has to be refused in time."""

import array
import itertools

import numpy
import torch


def grow():
    """Grow one list of numbers, which the allocator extends in place."""
    hoard = array.array("d", [0.0])
    while True:
        hoard.extend(hoard)


def intern():
    """Fill a dictionary with keys that are all alive."""
    return dict.fromkeys(range(1 << 26))


BOMBS = [
    grow,
    intern,
    lambda: "x" * (1 << 33),
    lambda: bytearray(1 << 34),
    lambda: list(itertools.repeat(None, 1 << 30)),
    lambda: 1 << (1 << 36),
    lambda: numpy.ones(1 << 32),
    lambda: numpy.empty(1 << 32).fill(1.0),
    lambda: torch.empty(1 << 33).fill_(1.0),
    lambda: torch.zeros(1 << 20).repeat(1 << 12),
    lambda: torch.UntypedStorage(1 << 36),
    lambda: torch.zeros(1 << 14).unsqueeze(0).expand(1 << 14, -1).contiguous().clone(),
    lambda: torch.arange(1 << 30),
    lambda: torch.cdist(torch.ones(1 << 15, 2), torch.ones(1 << 15, 2)),
    lambda: "{:>9999999999}".format("x"),
    lambda: b"%9999999999d" % 1,
]
for bomb in BOMBS:
    try:
        bomb()
    except (MemoryError, OverflowError):
        continue
    except (RuntimeError, ValueError) as error:
        if "memory" in str(error) or "large" in str(error) or "Too many" in str(error):
            continue
        raise
    raise RuntimeError(f"bomb {BOMBS.index(bomb)} found its memory")
