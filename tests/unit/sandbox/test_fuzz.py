"""Random and damaged frames at the wire's reader and at the guest: each is a value or a refusal, and nothing hangs.

`FUZZ_TIMES=30 python -m pytest --timeout 0 tests/unit/sandbox tests/unit/judge -k fuzz` tries thirty times as many.
"""

from __future__ import annotations

import copy
import itertools
import json
import math
import os
import socket
import struct
import threading
import types
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.domain.exercise import Limits
from grader.sandbox import guest, wire
from grader.sandbox.held_guest import Guest
from grader.sandbox.host import ZygoteProcess

TIMES = float(os.environ.get("FUZZ_TIMES", "1"))
PREFIX = struct.Struct("<4sIQ")
HUGE = 1 << 39
PATIENCE = 60.0


def frames(count: int) -> settings:
    """Try so many frames, other ones in each run."""
    return settings(
        max_examples=math.ceil(count * TIMES),
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )


# What is read

READERS = [
    wire.Limits(body_bytes=1 << 20),
    wire.Limits(body_bytes=48),
    wire.Limits(body_bytes=1 << 20, depth=2),
    wire.Limits(body_bytes=1 << 20, values=6),
]


def assert_decodes_or_refuses(data: bytes, limits: wire.Limits = READERS[0]) -> None:
    """Decode a frame. What comes out is small, shares no memory, and can be written and read again."""
    try:
        value = wire.decode_frame(data, limits)
    except wire.BadFrame:
        return
    found = tensors_in(value)
    assert sum(tensor.numel() * tensor.element_size() for tensor in found) <= min(len(data), limits.body_bytes)
    held = [tensor.untyped_storage() for tensor in found if tensor.numel()]
    assert len({storage.data_ptr() for storage in held}) == len(held)
    assert same(wire.decode_frame(wire.encode(value, limits), limits), value)
    for tensor in found:
        assert tensor.dtype is not torch.bool or set(tensor.view(torch.uint8).flatten().tolist()) <= {0, 1}
        tensor.zero_()
    wire.encode(value, limits)


def tensors_in(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else []
    return [found for part in parts for found in tensors_in(part)]


def same(one: Any, other: Any) -> bool:
    """Tell whether two values are the same to the last bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return (one.dtype, one.shape) == (other.dtype, other.shape) and bits(one) == bits(other)
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    return repr(one) == repr(other)


def bits(tensor: torch.Tensor) -> bytes:
    return bytes(tensor.clone(memory_format=torch.contiguous_format).flatten().view(torch.uint8).numpy())


def frame(header: Any, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return PREFIX.pack(wire.MAGIC, len(text), len(body)) + text + body


# What is damaged

X = torch.arange(6.0, dtype=torch.float64).reshape(2, 3).t()
CALL = {"do": "call", "function": "same", "args": (X, 1.5), "kwargs": {"key": [1]}, "observe": True}
STEPS = [{"args": [None, 2.0], "kwargs": {}}, {"args": [None, 0.5], "kwargs": {"key": (X,)}}]
WALK = {"do": "walk", "function": "halve", "carried": (X,), "steps": STEPS, "places": [0]}
REQUESTS = [wire.encode(request) for request in (CALL, WALK, {**CALL, "function": "fails"}, {**CALL, "observe": False})]
ANSWERS = [
    wire.encode({"result": (X, torch.tensor(True), torch.tensor([], dtype=torch.int8)), "shared": [0], "": None}),
    wire.encode({"result": [torch.ones(2, 2, dtype=dtype) for dtype in wire.DTYPES.values()]}),
    wire.encode({"results": [(X, X.float()), (float("nan"), "é\ud800")]}),
    wire.encode({"raised": ["ValueError", "Exception"], "text": "no", "line": 3, "closed": None}),
]
EXTREMES = st.one_of(
    st.sampled_from([0, 1, -1, 2, 7, 8, 255, 1 << 31, HUGE, 1 << 40, (1 << 63) - 1, 1 << 63, 1 << 64, -(1 << 63)]),
    st.sampled_from([10**30, 0.5, -0.0, 1e308, 5e-324, True, False, None]),
    st.sampled_from(["", "nan", "float64", "bool", "same", "__class__", "a.b", "\ud800"]),
    st.sampled_from([[], {}, [0], {"l": []}, {"t": [1]}, {"d": {"a": 1}}, {"f": "-inf"}, {"f": []}]),
    st.just({"x": ["int8", [1], [1], 0, 1]}),
)
KEYS = st.sampled_from(["l", "t", "d", "x", "f", "do", "function", "args", "observe", "result", "", "z"])


def places_in(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, part in items:
        yield (*path, key)
        yield from places_in(part, (*path, key))


def at(node: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        node = node[key]
    return node


def taken_apart(data: bytes) -> tuple[Any, bytes]:
    _, header_length, _ = PREFIX.unpack(data[: PREFIX.size])
    return json.loads(data[PREFIX.size :][:header_length]), data[PREFIX.size + header_length :]


@st.composite
def other_headers(draw: st.DrawFn, good: list[bytes]) -> bytes:
    """Make a whole frame of a good one whose header says something else here and there."""
    header, body = taken_apart(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(1, 4))):
        known = list(places_in(header))
        if not known:
            break
        path = draw(st.sampled_from(known))
        parent, key = at(header, path[:-1]), path[-1]
        what = draw(st.sampled_from(["replace", "remove", "double", "move", "step"]))
        if what == "replace":
            parent[key] = copy.deepcopy(draw(EXTREMES))
        elif what == "remove":
            del parent[key]
        elif what == "move":
            parent[key] = copy.deepcopy(at(header, draw(st.sampled_from(known))))
        elif what == "step" and type(parent[key]) is int:
            parent[key] += draw(st.sampled_from([-8, -1, 1, 8]))
        elif isinstance(parent, list):
            parent.insert(key, copy.deepcopy(parent[key]))
        else:
            parent[draw(KEYS)] = copy.deepcopy(parent[key])
    return frame(header, draw(st.sampled_from([body, body[:-1], body + b"\0" * 8, body * 2, b""])))


@st.composite
def other_bytes(draw: st.DrawFn, good: list[bytes]) -> bytes:
    """Flip bytes of a good frame, cut some out, cut it off, or go on with another one."""
    data = bytearray(draw(st.sampled_from(good)))
    for _ in range(draw(st.integers(0, 6))):
        data[draw(st.integers(0, len(data) - 1))] ^= draw(st.integers(1, 255))
    what = draw(st.sampled_from(["flipped", "cut off", "cut out", "spliced"]))
    if what == "flipped":
        return bytes(data)
    begin, end = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
    if what == "cut off":
        return bytes(data[:begin])
    if what == "cut out":
        return bytes(data[:begin] + data[end:])
    other = draw(st.sampled_from(good))
    return bytes(data[:begin] + other[draw(st.integers(0, len(other))) :])


numbers = st.integers(-2, 40) | st.sampled_from([HUGE, 1 << 40, 1 << 62, 1 << 64, -HUGE]) | st.booleans()
readers = st.sampled_from(READERS)


@given(st.binary(max_size=200), readers)
@frames(1000)
def test_random_bytes_do_no_harm(data: bytes, limits: wire.Limits) -> None:
    assert_decodes_or_refuses(data, limits)


@given(st.binary(max_size=120), st.binary(max_size=40))
@frames(500)
def test_random_headers_do_no_harm(header: bytes, body: bytes) -> None:
    assert_decodes_or_refuses(frame(header, body))


@given(other_bytes(REQUESTS + ANSWERS), readers)
@frames(2000)
def test_frames_of_other_bytes_do_no_harm(data: bytes, limits: wire.Limits) -> None:
    assert_decodes_or_refuses(data, limits)


@given(other_headers(REQUESTS + ANSWERS), readers)
@frames(2000)
def test_frames_of_other_headers_do_no_harm(data: bytes, limits: wire.Limits) -> None:
    assert_decodes_or_refuses(data, limits)


@given(
    dtype=st.sampled_from([*wire.DTYPES, "complex64", "", "object"]),
    shape=st.lists(numbers, max_size=4),
    strides=st.lists(numbers, max_size=4),
    offset=numbers,
    length=numbers,
    body=st.binary(max_size=64),
)
@frames(1000)
def test_any_description_of_a_tensor_does_no_harm(
    dtype: str, shape: list[int], strides: list[int], offset: int, length: int, body: bytes
) -> None:
    assert_decodes_or_refuses(frame({"x": [dtype, shape, strides, offset, length]}, body))


@given(
    dtype=st.sampled_from(list(wire.DTYPES)),
    layout=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12)), max_size=4),
    missing=st.sampled_from([0, 0, 0, 1, -1]),
    byte=st.sampled_from([0, 1, 2, 127, 255]),
)
@frames(800)
def test_a_tensor_of_any_strides_is_within_its_bytes(
    dtype: str, layout: list[tuple[int, int]], missing: int, byte: int
) -> None:
    shape, strides = [size for size, _ in layout], [stride for _, stride in layout]
    span = 1 + sum((size - 1) * stride for size, stride in layout) if all(shape) else 0
    length = max(0, (span - missing) * wire.DTYPES[dtype].itemsize)
    assert_decodes_or_refuses(frame({"x": [dtype, shape, strides, 0, length]}, bytes([byte]) * length))


# What arrives in pieces


class Pieces:
    """Stands for a socket on which a stream arrives piece by piece."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = [piece for piece in pieces if piece]

    def gettimeout(self) -> None: ...

    def recvmsg_into(self, views: list[memoryview]) -> tuple[int, list[Any], int, None]:
        """Fill memory with the next piece as far as it reaches; as the kernel may, at each call with one piece only."""
        piece, taken = self._pieces.pop(0) if self._pieces else b"", 0
        for view in views:
            part = piece[taken : taken + len(view)]
            view[: len(part)] = part
            taken += len(part)
        if piece[taken:]:
            self._pieces.insert(0, piece[taken:])
        return taken, [], 0, None


@given(
    sent=st.lists(st.sampled_from(REQUESTS + ANSWERS), min_size=1, max_size=4),
    rest=st.binary(max_size=20) | other_bytes(ANSWERS),
    cuts=st.lists(st.integers(0, 4000), max_size=12),
)
@frames(800)
def test_frames_arrive_whole_however_the_stream_is_cut(sent: list[bytes], rest: bytes, cuts: list[int]) -> None:
    stream = b"".join(sent) + rest
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    connection: Any = Pieces([stream[begin:end] for begin, end in itertools.pairwise(edges)])
    for data in sent:
        assert same(wire.receive(connection, READERS[0]), wire.decode_frame(data, READERS[0]))
    assert ends(connection)


def ends(connection: Any) -> bool:
    """Read on to the end of the stream, or to what is no frame; there is one after at most two more frames."""
    for _ in range(3):
        try:
            wire.receive(connection, READERS[0])
        except (wire.BadFrame, wire.Closed):
            return True
    return False


# What a guest is asked

LOAD = wire.encode({"do": "load"})


def toy() -> types.SimpleNamespace:
    def fails(*_: Any, **__: Any) -> None:
        raise ValueError("no")

    return types.SimpleNamespace(
        same=lambda *args, **kwargs: (*args, kwargs), halve=lambda x, *_, **__: x / 2, fails=fails, number=3
    )


def loads_a_toy(student: Any, _request: dict[str, Any]) -> dict[str, Any]:
    student.module = toy()
    return {"loaded": True}


def served(stream: bytes) -> tuple[bytes, BaseException | None]:
    """Let a guest that has loaded a module answer a stream; return what it said, and what ended it if it did not."""
    ended: list[BaseException | None] = []
    mine, theirs = socket.socketpair()

    def serve() -> None:
        with theirs:
            try:
                guest.serve(theirs, READERS[0], READERS[0])
                ended.append(None)
            except BaseException as error:  # noqa: BLE001 - the test looks at it
                ended.append(error)

    with mine, mock.patch.dict(guest._ANSWERS, load=loads_a_toy):
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        said = exchanged(mine, LOAD + stream)
        thread.join(PATIENCE)
        assert not thread.is_alive()
    return said, ended[0]


def exchanged(connection: socket.socket, stream: bytes) -> bytes:
    """Send a stream, hang up, and return all that came back. Raises `TimeoutError` if the other end goes on."""
    connection.settimeout(PATIENCE)
    said = bytearray()
    try:
        connection.sendall(stream)
        connection.shutdown(socket.SHUT_WR)
        while data := connection.recv(1 << 16):
            said += data
    except (BrokenPipeError, ConnectionResetError):  # it ended before it had read all
        pass
    return bytes(said)


def answers_in(said: bytes) -> list[Any]:
    connection: Any = Pieces([said])
    found = []
    while True:
        try:
            found.append(wire.receive(connection, READERS[0]))
        except wire.Closed:
            return found


NO_REQUEST = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What ends a guest when a good frame is no request: the judge sends none such, so the guest does not look for it."""

asked = st.sampled_from(REQUESTS) | other_headers(REQUESTS) | other_bytes(REQUESTS) | st.binary(max_size=64)


@given(st.lists(asked, min_size=1, max_size=4))
@frames(1000)
def test_a_guest_answers_or_ends_whatever_it_is_asked(stream: list[bytes]) -> None:
    said, error = served(b"".join(stream))
    first, *answers = answers_in(said)
    assert first == {"loaded": True}
    assert all(isinstance(answer, dict) for answer in answers)
    assert len(answers) <= b"".join(stream).count(wire.MAGIC)
    assert error is None or isinstance(error, (wire.BadFrame, wire.Closed, *NO_REQUEST)), repr(error)


# What the real guest is asked

CODE = "import torch\ndef same(*args, **kwargs): return (*args, kwargs)\ndef halve(x, *_, **__): return x / 2\n"
CLOSED = {"closed": ["torch.optim", "torch._foreach_*"], "opened": [], "closed_operators": ["_fused_adam*"]}
LOADS = [wire.encode({"do": "load", "files": {"toy.py": CODE}, "device": "cpu", **CLOSED})]


@pytest.fixture(scope="module")
def zygote() -> Iterator[ZygoteProcess]:
    process = ZygoteProcess("namespaces", [])
    yield process
    process.close()


@pytest.mark.slow
@given(st.sampled_from(LOADS) | other_headers(LOADS) | other_bytes(LOADS), st.lists(asked, max_size=3))
@frames(100)
def test_a_guest_in_its_jail_answers_or_ends_whatever_it_is_asked(
    zygote: ZygoteProcess, load: bytes, stream: list[bytes]
) -> None:
    with zygote.open_session() as session:
        held = Guest(session, Limits())
        answers = answers_in(exchanged(held._wire, b"".join([load, *stream])))
        assert all(isinstance(answer, dict) for answer in answers)
        assert held.end().code in {0, 1}
