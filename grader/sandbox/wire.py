"""The wire between judge and guest: frames of plain data, read with suspicion.

A frame is `MAGIC`, the length of a JSON header and the length of a body (both little-endian), then header and body.
The header describes values; the bytes of tensors lie in the body. Nothing here can name a class or run code.

Values: None, bool, int (64 bit), float, str, list, tuple, dict with str keys, and dense CPU tensors of the dtypes in
`DTYPES`. Everything else raises `Unsendable` on the sending side and `BadFrame` on the reading side.
"""

from __future__ import annotations

import ctypes
import json
import math
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

MAGIC = b"GDS1"
MAX_HEADER_BYTES = 1 << 20
MAX_DEPTH = 12
MAX_VALUES = 10_000
DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        torch.float64,
        torch.float32,
        torch.float16,
        torch.bfloat16,
        torch.int64,
        torch.int32,
        torch.int16,
        torch.int8,
        torch.uint8,
        torch.bool,
    )
}
_NAMES = {dtype: name for name, dtype in DTYPES.items()}
_PREFIX = struct.Struct("<4sIQ")
_MAX_INT = 1 << 63
_MAX_SIZE = 1 << 40


class Unsendable(TypeError):
    """A value that the wire does not carry; the message names its type."""


class BadFrame(ValueError):
    """Bytes that are not a frame, or a frame that promises something that it does not hold."""


class TooLarge(BadFrame):
    """A frame that says of itself that it is larger than the reading side accepts."""


class Closed(ConnectionError):
    """The other end is gone."""


@dataclass(frozen=True)
class Limits:
    """What the reading side accepts at most, in bytes of body."""

    body_bytes: int


def encode(value: Any) -> bytes:
    """Return the frame of one value. Tensors keep dtype, shape and strides; autograd history stays behind."""
    body: list[bytes] = []
    writer = _Writer(body)
    header = json.dumps(writer.describe(value, 0), separators=(",", ":"), allow_nan=False).encode()
    return b"".join((_PREFIX.pack(MAGIC, len(header), writer.length), header, *body))


def decode_frame(frame: bytes, limits: Limits) -> Any:
    """Return the value of a whole frame. Raises `BadFrame`."""
    if len(frame) < _PREFIX.size:
        raise BadFrame("a frame begins with 16 bytes of lengths")
    header_length, body_length = _lengths(frame[: _PREFIX.size], limits)
    if len(frame) != _PREFIX.size + header_length + body_length:
        raise BadFrame("the frame is not as long as it says")
    header = frame[_PREFIX.size : _PREFIX.size + header_length]
    return _decode(header, bytearray(frame[_PREFIX.size + header_length :]))


def send(connection: socket.socket, frame: bytes, *, deadline: float | None = None) -> None:
    """Send a frame. `deadline` is a time of `time.monotonic()`; raises `TimeoutError`, `Closed`."""
    connection.settimeout(_remaining(deadline))
    try:
        connection.sendall(frame)
    except (BrokenPipeError, ConnectionResetError):
        raise Closed("the other end is gone") from None


def receive(connection: socket.socket, limits: Limits, *, deadline: float | None = None) -> Any:
    """Receive one value. Raises `TimeoutError`, `Closed`, `BadFrame`; memory is bounded by the limits."""
    header_length, body_length = _lengths(_exactly(connection, _PREFIX.size, deadline), limits)
    header = _exactly(connection, header_length, deadline)
    return _decode(bytes(header), _exactly(connection, body_length, deadline))


class _Writer:
    def __init__(self, body: list[bytes]) -> None:
        self._body, self.length, self._values = body, 0, 0

    def describe(self, value: Any, depth: int) -> Any:
        self._values += 1
        if depth > MAX_DEPTH or self._values > MAX_VALUES:
            raise Unsendable("a value nested too deeply or of too many parts")
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            if not -_MAX_INT <= value < _MAX_INT:
                raise Unsendable("an integer of more than 64 bits")
            return value
        if kind is float:
            return value if math.isfinite(value) else {"f": repr(value)}
        if isinstance(value, torch.Tensor):
            return {"x": self._tensor(value)}
        if kind is list or kind is tuple:
            return {"l" if kind is list else "t": [self.describe(item, depth + 1) for item in value]}
        if kind is dict and all(type(key) is str for key in value):
            return {"d": {key: self.describe(item, depth + 1) for key, item in value.items()}}
        raise Unsendable(f"a value of type {kind.__name__}")

    def _tensor(self, value: torch.Tensor) -> list[Any]:
        if value.layout is not torch.strided or value.device.type != "cpu" or value.dtype not in _NAMES:
            layout = "" if value.layout is torch.strided else f" in the layout {value.layout}"
            raise Unsendable(f"a tensor of {value.dtype} on {value.device}{layout}")
        value = value.detach()
        if value.is_neg():  # the bytes of such a view have the other sign
            value = value.resolve_neg()
        strides = list(value.stride())
        span = 1 + sum((size - 1) * stride for size, stride in zip(value.shape, strides, strict=True))
        if value.numel() == 0:
            span = 0
        elif span > 2 * value.numel() or not _is_apart(value.shape, strides):  # wide gaps, expanded or overlapping
            value = value.contiguous()
            strides, span = list(value.stride()), value.numel()
        data = ctypes.string_at(value.data_ptr(), span * value.element_size()) if span else b""
        offset = self.length
        self._body.append(data)
        self.length += len(data)
        return [_NAMES[value.dtype], list(value.shape), strides, offset, len(data)]


def _lengths(prefix: bytes | bytearray, limits: Limits) -> tuple[int, int]:
    magic, header_length, body_length = _PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise BadFrame("these bytes do not begin a frame")
    if header_length > MAX_HEADER_BYTES or body_length > limits.body_bytes:
        raise TooLarge(f"a frame of {header_length + body_length} bytes is larger than allowed")
    return header_length, body_length


def _exactly(connection: socket.socket, length: int, deadline: float | None) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        connection.settimeout(_remaining(deadline))
        try:
            got = connection.recv_into(view)
        except ConnectionResetError:
            got = 0
        if not got:
            raise Closed("the other end is gone")
        view = view[got:]
    return data


def _remaining(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _decode(header: bytes, body: bytearray) -> Any:
    try:
        described = json.loads(header, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadFrame("the header is not JSON") from None
    reader = _Reader(body)
    value = reader.value(described, 0)
    if reader.used != len(body):
        raise BadFrame("a body longer than its tensors")
    return value


def _refuse_constant(name: str) -> None:
    raise BadFrame(f"{name} in the header")


class _Reader:
    def __init__(self, body: bytearray) -> None:
        self._body, self._values, self.used = body, 0, 0

    def value(self, described: Any, depth: int) -> Any:
        self._values += 1
        if depth > MAX_DEPTH or self._values > MAX_VALUES:
            raise BadFrame("nested too deeply or of too many parts")
        if described is None or isinstance(described, (bool, str)):
            return described
        if isinstance(described, (int, float)):
            finite = math.isfinite(described) if isinstance(described, float) else -_MAX_INT <= described < _MAX_INT
            if not finite:  # 1e999 is JSON, but no number that was ever written here
                raise BadFrame("a number out of range")
            return described
        if not isinstance(described, dict) or len(described) != 1:
            raise BadFrame("not the description of a value")
        ((tag, content),) = described.items()
        if tag == "f" and content in ("nan", "inf", "-inf"):
            return float(content)
        if tag in ("l", "t") and isinstance(content, list):
            items = [self.value(item, depth + 1) for item in content]
            return items if tag == "l" else tuple(items)
        if tag == "d" and isinstance(content, dict):
            return {key: self.value(item, depth + 1) for key, item in content.items()}
        if tag == "x" and isinstance(content, list) and len(content) == 5:
            return self._tensor(*content)
        raise BadFrame("not the description of a value")

    def _tensor(self, name: Any, shape: Any, strides: Any, offset: Any, length: Any) -> torch.Tensor:
        if not isinstance(name, str) or name not in DTYPES:
            raise BadFrame("a tensor of an unknown dtype")
        if not (_sizes(shape) and _sizes(strides) and len(shape) == len(strides) <= 64 and _sizes([offset, length])):
            raise BadFrame("a tensor of impossible shape")
        dtype = DTYPES[name]
        # One after the other, as they are written: else a thousand tensors could each ask for the same whole body.
        if offset != self.used or offset + length > len(self._body) or length % dtype.itemsize:
            raise BadFrame("a tensor outside its part of the body")
        self.used += length
        if not all(shape):
            if length or math.prod(size or 1 for size in shape) >= _MAX_SIZE:
                raise BadFrame("an empty tensor that is not empty")
            return torch.empty(shape, dtype=dtype)
        span = 1 + sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True))
        # A stride of 0 could promise far more elements than bytes were sent, and no element may lie on another.
        if span * dtype.itemsize != length or not _is_apart(shape, strides):
            raise BadFrame("a tensor whose bytes do not fit its shape")
        # Sliced off, so that two tensors of a frame never share memory, and a bool is never a byte but 0 or 1.
        memory = bytearray(memoryview(self._body)[offset : offset + length])
        if dtype is torch.bool:
            return torch.frombuffer(memory, dtype=torch.uint8).ne(0).as_strided(shape, strides)
        return torch.frombuffer(memory, dtype=dtype).as_strided(shape, strides)


def _sizes(numbers: Any) -> bool:
    return isinstance(numbers, list) and all(type(number) is int and 0 <= number < _MAX_SIZE for number in numbers)


def _is_apart(shape: Sequence[int], strides: Sequence[int]) -> bool:
    """Tell whether each dimension steps over all that the finer ones reach: then no two elements share a place."""
    reach = 0
    for stride, size in sorted(zip(strides, shape, strict=True)):
        if size > 1:
            if stride <= reach:
                return False
            reach += stride * (size - 1)
    return True
