"""The formats in which MNIST (idx) and CIFAR-10 (its binary version) are published, read byte by byte: no pickle."""

from __future__ import annotations

import gzip
import math
import struct
import tarfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

Part = tuple[Tensor, Tensor]
"""Images as they are stored, (N, channels, pixels) uint8, and their labels, (N,) uint8."""

_UNSIGNED_BYTES = 0x0800  # what an idx file of them begins with, plus its number of dimensions

_CIFAR_TRAINING = tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6))
_CIFAR_TEST = "cifar-10-batches-bin/test_batch.bin"
_CIFAR_CHANNELS, _CIFAR_PIXELS = 3, 32 * 32


def read_mnist(paths: Sequence[Path]) -> tuple[Part, Part]:
    """Read the training and the test part from four files: for each part its images, then its labels.

    Raises `ValueError` for files of another format, and what `gzip` raises.
    """
    training_images, training_labels, test_images, test_labels = paths
    return _mnist_part(training_images, training_labels), _mnist_part(test_images, test_labels)


def read_cifar10(paths: Sequence[Path]) -> tuple[Part, Part]:
    """Read the training and the test part from the one archive. Raises `ValueError` as above, `tarfile.TarError`."""
    (archive,) = paths
    found: dict[str, bytes] = {}
    with tarfile.open(archive, "r|gz") as members:  # one pass; nothing is written, so that no name leads anywhere
        for member in members:
            if member.isreg() and member.name in (*_CIFAR_TRAINING, _CIFAR_TEST):
                file = members.extractfile(member)
                found[member.name] = file.read() if file else b""
    missing = {*_CIFAR_TRAINING, _CIFAR_TEST} - set(found)
    if missing:
        raise ValueError(f"{archive.name} lacks {', '.join(sorted(missing))}")
    return _cifar10_part([found[name] for name in _CIFAR_TRAINING]), _cifar10_part([found[_CIFAR_TEST]])


def _mnist_part(images: Path, labels: Path) -> Part:
    return _idx(images, dimensions=3).flatten(1).unsqueeze(1), _idx(labels, dimensions=1)


def _idx(path: Path, *, dimensions: int) -> Tensor:
    """Return the bytes of a gzipped idx file in their shape: a magic number, the shape (both big-endian), the bytes."""
    content = gzip.decompress(path.read_bytes())
    start = 4 * (1 + dimensions)
    if len(content) < start:
        raise ValueError(f"{path.name} ends within its head")
    magic, *shape = struct.unpack_from(f">{1 + dimensions}I", content)
    if magic != _UNSIGNED_BYTES + dimensions:
        raise ValueError(f"{path.name} begins with {magic:#06x}, expected {_UNSIGNED_BYTES + dimensions:#06x}")
    if len(content) - start != math.prod(shape):
        raise ValueError(f"{path.name} has {len(content) - start} bytes after its head, expected {math.prod(shape)}")
    return torch.from_numpy(np.frombuffer(content, np.uint8, offset=start).reshape(shape).copy())


def _cifar10_part(batches: Sequence[bytes]) -> Part:
    """Read records of a label, then the red, the green and the blue pixels, a byte each."""
    size = 1 + _CIFAR_CHANNELS * _CIFAR_PIXELS
    for batch in batches:
        if len(batch) % size:
            raise ValueError(f"a batch has {len(batch)} bytes, expected records of {size}")
    records = torch.from_numpy(np.frombuffer(b"".join(batches), np.uint8).reshape(-1, size).copy())
    return records[:, 1:].reshape(-1, _CIFAR_CHANNELS, _CIFAR_PIXELS), records[:, 0]
