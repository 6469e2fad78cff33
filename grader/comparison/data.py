"""The data sets that a comparison may train on: digits come along, MNIST and CIFAR-10 are fetched once and kept."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from grader.comparison.image_files import Part, read_cifar10, read_mnist
from grader.domain.errors import GraderFault


class DataUnavailable(GraderFault):
    """A data set cannot be had here. The message is for the operator: which file, from where, and where to put it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """Images as rows of features and their classes, in two parts. Shared by all who ask: not to be changed in place."""

    name: str
    classes: int
    x_train: Tensor
    """(N, D) float32. Each pixel of the digits, and each channel of other images, has mean 0 and deviation 1."""
    y_train: Tensor
    """(N,) int64, from 0 to `classes` - 1."""
    x_test: Tensor
    """(M, D) float32, shifted and scaled as the training part is."""
    y_test: Tensor
    """(M,) int64."""


@dataclass(frozen=True)
class Remote:
    """A file that is fetched: where from, and what it must be."""

    url: str
    sha256: str

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


# The checksums are those of TensorFlow Datasets (tensorflow_datasets/url_checksums/mnist.txt, cifar10.txt). MNIST comes
# from the mirror that torchvision names, CIFAR-10 from its home, in the version that is no pickle.
_MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"
SOURCES: Mapping[str, tuple[Remote, ...]] = {
    "mnist": tuple(
        Remote(_MNIST + name, sha256)
        for name, sha256 in (
            ("train-images-idx3-ubyte.gz", "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            ("train-labels-idx1-ubyte.gz", "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            ("t10k-images-idx3-ubyte.gz", "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            ("t10k-labels-idx1-ubyte.gz", "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        )
    ),
    "cifar10": (
        Remote(
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        ),
    ),
}

_CLASSES = 10
_DIGITS = Path(__file__).parent / "digits" / "digits.csv.gz"
_DIGITS_SHA256 = "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"
_DIGITS_SEED = 0
_DIGITS_TRAINING = 1437
"""The digits are permuted under the seed; so many are for training, the other 360 for testing."""

_RETRIES = 2
_TIMEOUT = (10.0, 60.0)  # seconds: to connect, and between two pieces
_PIECE = 1 << 20


def load(name: str, *, folder: Path, sources: Mapping[str, tuple[Remote, ...]] = SOURCES) -> Dataset:
    """Return the data set `digits`, `mnist` or `cifar10`; what is fetched is kept in a folder of its name in `folder`.

    In one process each is read once. Raises `DataUnavailable`.
    """
    return _digits() if name == "digits" else _fetched(name, folder, sources[name])


@cache
def _digits() -> Dataset:
    content = _DIGITS.read_bytes()
    if hashlib.sha256(content).hexdigest() != _DIGITS_SHA256:
        raise DataUnavailable(f"{_DIGITS} is not the file that came along; no solution is at fault")
    table = np.loadtxt(io.BytesIO(gzip.decompress(content)), delimiter=",", dtype=np.uint8)
    # Of all generators here this one's stream is promised never to change, so that every machine splits alike.
    order = np.random.RandomState(_DIGITS_SEED).permutation(len(table))
    images, labels = torch.from_numpy(table[order, :-1]).unsqueeze(2), torch.from_numpy(table[order, -1])
    training, test = slice(None, _DIGITS_TRAINING), slice(_DIGITS_TRAINING, None)
    return _dataset("digits", (images[training], labels[training]), (images[test], labels[test]))


@cache
def _fetched(name: str, folder: Path, remotes: tuple[Remote, ...]) -> Dataset:
    paths = [_kept(remote, folder / name) for remote in remotes]
    read = {"mnist": read_mnist, "cifar10": read_cifar10}[name]
    try:
        return _dataset(name, *read(paths))
    except (OSError, EOFError, ValueError, zlib.error, tarfile.TarError) as error:
        raise DataUnavailable(f"{folder / name} cannot be read: {error}; no solution is at fault") from error


def _kept(remote: Remote, folder: Path) -> Path:
    """Return where a file lies, fetched unless it is there. Raises `DataUnavailable`."""
    path = folder / remote.name
    # Looked at before pooch is needed: a worker without a network, or without pooch, is given its files by hand.
    if path.is_file() and _sha256(path) == remote.sha256:
        return path
    try:
        import pooch  # noqa: PLC0415 - an extra of its own, for those alone who fetch
    except ImportError:
        raise _unavailable(remote, path, "the package pooch is not installed (pip install pooch)") from None
    fetcher = pooch.create(
        folder, "", registry={remote.name: remote.sha256}, urls={remote.name: remote.url}, retry_if_failed=_RETRIES
    )
    try:
        return Path(fetcher.fetch(remote.name, downloader=pooch.HTTPDownloader(timeout=_TIMEOUT, chunk_size=_PIECE)))
    except (OSError, ValueError) as error:  # network, HTTP and disk; another checksum
        raise _unavailable(remote, path, str(error)) from error


def _unavailable(remote: Remote, path: Path, reason: str) -> DataUnavailable:
    return DataUnavailable(
        f"a comparison needs {remote.name}, which could not be fetched from {remote.url}; no solution is at fault. "
        f"It can be put at {path} by hand (SHA-256 {remote.sha256}). The reason: {reason}"
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _dataset(name: str, training: Part, test: Part) -> Dataset:
    for images, labels in (training, test):
        if len(images) != len(labels) or not len(labels):
            raise ValueError(f"{len(images)} images and {len(labels)} labels")
        if int(labels.max()) >= _CLASSES:
            raise ValueError(f"a label is {int(labels.max())}, expected at most {_CLASSES - 1}")
    mean, scale = _statistics(training[0])
    x_train, x_test = (images.to(torch.float32).sub_(mean).mul_(scale).flatten(1) for images, _ in (training, test))
    return Dataset(
        name=name,
        classes=_CLASSES,
        x_train=x_train,
        y_train=training[1].to(torch.int64),
        x_test=x_test,
        y_test=test[1].to(torch.int64),
    )


def _statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return each channel's mean and 1 / deviation, or 0 where the channel is constant: (channels, 1) float32.

    By the counts of the 256 values: exact, whatever the number of threads, and without a large copy.
    """
    values = torch.arange(256, dtype=torch.float64)
    counts = torch.stack([torch.bincount(channel.flatten(), minlength=256) for channel in images.unbind(1)])
    shares = counts.to(torch.float64) / (images.shape[0] * images.shape[2])
    mean = (shares @ values).unsqueeze(1)
    deviation = (shares * (values - mean) ** 2).sum(1, keepdim=True).sqrt()
    scale = torch.where(deviation > 0, 1 / deviation, 0.0)
    return mean.to(torch.float32), scale.to(torch.float32)
