"""The data sets: what comes along, and what is fetched, from a server on this machine that has tiny files."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import sys
import tarfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

from grader.comparison import data
from grader.comparison.data import SOURCES, DataUnavailable, Remote, load
from grader.domain.comparison import DATASETS

MNIST_NAMES = [remote.name for remote in SOURCES["mnist"]]


@dataclass
class Web:
    """A server on the loopback interface; `files` by name, and how often each of them was asked for."""

    port: int
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    failures: int = 0
    """How many of the next answers are "503 Service Unavailable"."""

    def sources(self, name: str, files: Mapping[str, bytes]) -> dict[str, tuple[Remote, ...]]:
        """Serve these files; return the table that names them with their right checksums."""
        self.files.update(files)
        remotes = [Remote(self.url(file), hashlib.sha256(content).hexdigest()) for file, content in files.items()]
        return {name: tuple(remotes)}

    def url(self, file: str) -> str:
        return f"http://127.0.0.1:{self.port}/{file}"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """The server. Proxies of the machine are not asked, and nobody waits before trying again."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.lstrip("/")
            served.asked.append(name)
            if served.failures:
                served.failures -= 1
                self.send_error(503)
            elif name in served.files:
                self.send_response(200)
                self.send_header("Content-Length", str(len(served.files[name])))
                self.end_headers()
                self.wfile.write(served.files[name])
            else:
                self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = Web(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield served
        server.shutdown()
        thread.join()


def idx(values: torch.Tensor, magic: int | None = None) -> bytes:
    """Return a tensor of bytes as a gzipped idx file."""
    head = struct.pack(f">{1 + values.dim()}I", 0x0800 + values.dim() if magic is None else magic, *values.shape)
    return gzip.compress(head + values.numpy().tobytes(), mtime=0)


def mnist(count: int = 12) -> dict[str, bytes]:
    """Return four files of `count` and 5 images of 4 x 4 pixels."""
    draw = torch.Generator().manual_seed(1)
    found = []
    for number in (count, 5):
        found.append(idx(torch.randint(0, 256, (number, 4, 4), generator=draw).to(torch.uint8)))
        found.append(idx(torch.arange(number).remainder(10).to(torch.uint8)))
    return dict(zip(MNIST_NAMES, found, strict=True))


def cifar10(*, leave_out: str = "", also: tuple[str, ...] = (), cut: int = 0, label: int | None = None) -> bytes:
    """Return an archive with two records in each batch; the pixels of a channel lie around 50, 100, 150."""
    draw = torch.Generator().manual_seed(2)
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name in ["batches.meta.txt", *(f"data_batch_{number}.bin" for number in range(1, 6)), "test_batch.bin"]:
            around = torch.tensor([50, 100, 150]).repeat_interleave(1024)
            pixels = (around + torch.randint(-9, 9, (2, 3072), generator=draw)).to(torch.uint8)
            labels = torch.tensor([[3], [9 if label is None else label]], dtype=torch.uint8)
            content = torch.cat([labels, pixels], 1).numpy().tobytes()
            if name != leave_out:
                add(archive, f"cifar-10-batches-bin/{name}", content[: len(content) - cut])
        for name in also:
            add(archive, name, b"planted")
    return made.getvalue()


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def test_every_data_set_that_a_manifest_may_name_can_be_loaded() -> None:
    assert {"digits", *SOURCES} == set(DATASETS) - {"synthetic"}
    assert all(len(remote.sha256) == 64 for remotes in SOURCES.values() for remote in remotes)
    assert all(remote.url.startswith("https://") for remotes in SOURCES.values() for remote in remotes)


def test_the_digits_come_along_in_two_parts(tmp_path: Path) -> None:
    digits = load("digits", folder=tmp_path)
    assert (digits.x_train.shape, digits.x_test.shape) == ((1437, 64), (360, 64))
    assert (digits.x_train.dtype, digits.y_train.dtype) == (torch.float32, torch.int64)
    assert digits.y_train.bincount().tolist() == [147, 147, 138, 150, 137, 153, 141, 139, 146, 139]
    assert digits.y_test.bincount().tolist() == [31, 35, 39, 33, 44, 29, 40, 40, 28, 41]
    assert list(tmp_path.iterdir()) == []


def test_the_digits_are_split_alike_everywhere(tmp_path: Path) -> None:
    digits = load("digits", folder=tmp_path)
    assert digits.y_train[:12].tolist() == [2, 8, 2, 6, 6, 7, 1, 9, 8, 5, 2, 8]


def test_each_pixel_of_the_digits_is_normalised_by_the_training_part_and_a_constant_one_is_zero(tmp_path: Path) -> None:
    digits = load("digits", folder=tmp_path)
    mean, deviation = digits.x_train.double().mean(0), digits.x_train.double().std(0, correction=0)
    constant = deviation == 0
    assert int(constant.sum()) == 3
    assert not digits.x_train[:, constant].any() and not digits.x_test[:, constant].any()
    torch.testing.assert_close(mean, torch.zeros(64, dtype=torch.float64), rtol=0, atol=1e-6)
    torch.testing.assert_close(deviation[~constant], torch.ones(61, dtype=torch.float64), rtol=0, atol=1e-6)


def test_a_data_set_is_read_once(tmp_path: Path) -> None:
    assert load("digits", folder=tmp_path) is load("digits", folder=tmp_path)


def test_damaged_digits_are_no_students_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = tmp_path / "digits.csv.gz"
    damaged.write_bytes(b"x")
    monkeypatch.setattr(data, "_DIGITS", damaged)
    data._digits.cache_clear()
    with pytest.raises(DataUnavailable, match="not the file that came along; no solution is at fault"):
        load("digits", folder=tmp_path)


def test_mnist_is_fetched_and_normalised_as_one_channel(web: Web, tmp_path: Path) -> None:
    files = mnist()
    found = load("mnist", folder=tmp_path, sources=web.sources("mnist", files))
    assert (found.x_train.shape, found.x_test.shape, found.classes) == ((12, 16), (5, 16), 10)
    assert found.y_train.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    raw = torch.frombuffer(bytearray(gzip.decompress(files[MNIST_NAMES[0]])[16:]), dtype=torch.uint8).double()
    expected = (raw - raw.mean()) / raw.std(correction=0)
    torch.testing.assert_close(found.x_train.flatten().double(), expected, rtol=0, atol=1e-6)
    assert web.asked == MNIST_NAMES


def test_cifar_10_is_fetched_and_normalised_by_channel(web: Web, tmp_path: Path) -> None:
    archive = cifar10()
    found = load("cifar10", folder=tmp_path, sources=web.sources("cifar10", {"cifar.tar.gz": archive}))
    assert (found.x_train.shape, found.x_test.shape) == ((10, 3072), (2, 3072))
    assert found.y_train.tolist() == [3, 9] * 5 and found.y_test.tolist() == [3, 9]
    channels = found.x_train.reshape(10, 3, 1024).double()
    torch.testing.assert_close(channels.mean((0, 2)), torch.zeros(3, dtype=torch.float64), rtol=0, atol=1e-5)
    torch.testing.assert_close(channels.std((0, 2), correction=0), torch.ones(3, dtype=torch.float64))


def test_what_has_been_fetched_is_kept_and_the_network_is_not_asked_again(web: Web, tmp_path: Path) -> None:
    sources = web.sources("mnist", mnist())
    first = load("mnist", folder=tmp_path, sources=sources)
    data._fetched.cache_clear()
    second = load("mnist", folder=tmp_path, sources=sources)
    assert second is not first and torch.equal(first.x_train, second.x_train)
    assert web.asked == MNIST_NAMES
    assert sorted(path.name for path in (tmp_path / "mnist").iterdir()) == sorted(MNIST_NAMES)


def test_files_put_there_by_hand_need_neither_a_network_nor_pooch(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = mnist()
    sources = web.sources("mnist", files)
    (tmp_path / "mnist").mkdir()
    for name, content in files.items():
        (tmp_path / "mnist" / name).write_bytes(content)
    monkeypatch.setitem(sys.modules, "pooch", None)
    assert load("mnist", folder=tmp_path, sources=sources).x_test.shape == (5, 16)
    assert web.asked == []


def test_a_file_that_has_changed_on_disk_is_fetched_again(web: Web, tmp_path: Path) -> None:
    sources = web.sources("mnist", mnist())
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / MNIST_NAMES[0]).write_bytes(b"half a file")
    assert load("mnist", folder=tmp_path, sources=sources).x_train.shape == (12, 16)


def test_a_server_that_is_busy_is_asked_again(web: Web, tmp_path: Path) -> None:
    sources = web.sources("mnist", mnist())
    web.failures = 2
    assert load("mnist", folder=tmp_path, sources=sources).x_train.shape == (12, 16)
    assert web.asked[:3] == [MNIST_NAMES[0]] * 3


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(web: Web, tmp_path: Path) -> None:
    sources = web.sources("cifar10", {"cifar.tar.gz": cifar10()})
    right = sources["cifar10"][0].sha256
    web.files["cifar.tar.gz"] += b"more"
    with pytest.raises(DataUnavailable) as told:
        load("cifar10", folder=tmp_path, sources=sources)
    assert web.url("cifar.tar.gz") in str(told.value)
    assert f"put at {tmp_path / 'cifar10' / 'cifar.tar.gz'} by hand (SHA-256 {right})" in str(told.value)
    assert "no solution is at fault" in str(told.value) and "does not match the known hash" in str(told.value)
    assert list((tmp_path / "cifar10").iterdir()) == []


def test_without_a_network_the_message_says_which_file_from_where_and_where_to_put_it(web: Web, tmp_path: Path) -> None:
    closed = Remote("http://127.0.0.1:1/train-images-idx3-ubyte.gz", "0" * 64)
    with pytest.raises(DataUnavailable) as told:
        load("mnist", folder=tmp_path, sources={"mnist": (closed,)})
    words = str(told.value)
    assert words.startswith("a comparison needs train-images-idx3-ubyte.gz, which could not be fetched from http://127")
    assert str(tmp_path / "mnist" / "train-images-idx3-ubyte.gz") in words
    assert "no solution is at fault" in words and "refused" in words


def test_a_folder_that_cannot_be_written_is_told_too(web: Web, tmp_path: Path) -> None:
    (tmp_path / "mnist").write_bytes(b"a file, not a folder")
    with pytest.raises(DataUnavailable, match="no solution is at fault"):
        load("mnist", folder=tmp_path, sources=web.sources("mnist", mnist()))


def test_without_pooch_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(DataUnavailable, match=r"the package pooch is not installed \(pip install pooch\)"):
        load("mnist", folder=tmp_path)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({0: idx(torch.zeros(3, 4, 4, dtype=torch.uint8), magic=0x0D03)}, "begins with 0x0d03, expected 0x0803"),
        ({1: idx(torch.zeros(12, 1, 1, dtype=torch.uint8))}, "begins with 0x0803, expected 0x0801"),
        ({0: gzip.compress(gzip.decompress(mnist()[MNIST_NAMES[0]])[:-1])}, "191 bytes after its head, expected 192"),
        ({0: gzip.compress(b"\0\0\x08\x03\0\0")}, "ends within its head"),
        ({0: b"no gzip at all"}, "Not a gzipped file"),
        ({0: mnist()[MNIST_NAMES[0]][:-9]}, "ended before"),
        ({1: idx(torch.zeros(11, dtype=torch.uint8))}, "12 images and 11 labels"),
        ({1: idx(torch.full((12,), 10, dtype=torch.uint8))}, "a label is 10, expected at most 9"),
    ],
    ids=["another type", "another number of dimensions", "cut", "head cut", "no gzip", "gzip cut", "too few", "label"],
)
def test_an_idx_file_that_is_not_what_it_says_is_refused(
    web: Web, tmp_path: Path, broken: dict[int, bytes], words: str
) -> None:
    files = {name: broken.get(place, content) for place, (name, content) in enumerate(mnist().items())}
    with pytest.raises(DataUnavailable, match=words):
        load("mnist", folder=tmp_path, sources=web.sources("mnist", files))


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (cifar10(leave_out="data_batch_3.bin"), "lacks cifar-10-batches-bin/data_batch_3.bin"),
        (cifar10(cut=1), "a batch has 6145 bytes, expected records of 3073"),
        (cifar10(label=10), "a label is 10, expected at most 9"),
        (b"no archive at all", "not a gzip file"),
    ],
    ids=["a batch is missing", "a batch is cut", "label", "no archive"],
)
def test_an_archive_that_is_not_what_it_says_is_refused(web: Web, tmp_path: Path, archive: bytes, words: str) -> None:
    with pytest.raises(DataUnavailable, match=words):
        load("cifar10", folder=tmp_path, sources=web.sources("cifar10", {"cifar.tar.gz": archive}))


def test_names_in_an_archive_lead_nowhere(web: Web, tmp_path: Path) -> None:
    evil = ("../planted", f"{tmp_path}/planted", "cifar-10-batches-bin/../../planted")
    folder = tmp_path / "kept"
    load("cifar10", folder=folder, sources=web.sources("cifar10", {"cifar.tar.gz": cifar10(also=evil)}))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["cifar.tar.gz"]
