"""The wire between judge and guest: frames of plain data, read with suspicion.

A frame is `MAGIC`, the length of a JSON header and the length of a body (both little-endian), then header and body.
The header describes values; the bytes of tensors lie in the body. Nothing here can name a class or run code.

Values: None, bool, int (64 bit), float, str, list, tuple, dict with str keys, and dense CPU tensors of the dtypes in
`DTYPES`. What `plain` can make one of these is sent as such. Everything else raises `Unsendable` on the sending side
and `BadFrame` on the reading side.
"""

from __future__ import annotations

import ctypes
import functools
import io
import json
import math
import socket
import struct
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from grader.sandbox import plain

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
_MAX_DIMENSIONS = 64


class Unsendable(TypeError):
    """A value that the wire does not carry; the message says what it is."""


class TooDeep(Unsendable):
    """A value beyond the limits: nested too deeply, of too many parts or of too many bytes."""


class BadFrame(ValueError):
    """Bytes that are not a frame, or a frame that promises something that it does not hold."""


class TooLarge(BadFrame):
    """A frame that says of itself that it is larger than the reading side accepts."""


class Closed(ConnectionError):
    """The other end is gone."""


@dataclass(frozen=True)
class Limits:
    """What a frame may hold at most: bytes of body, values within values, and values in all."""

    body_bytes: int
    depth: int = MAX_DEPTH
    values: int = MAX_VALUES


_TRUSTED = Limits(body_bytes=_MAX_SIZE)


Part = bytes | memoryview

# Made once: the functions of `json` make a new one at each call with settings.
_write_json = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False).encode


def frame(value: Any, limits: Limits = _TRUSTED) -> list[Part]:
    """Return the frame of one value, in parts. Tensors keep dtype, shape and strides; autograd history stays behind.

    The bytes of tensors are not copied: they are those of the value as it is when the frame is sent. Raises
    `Unsendable`, `TooDeep`.
    """
    writer = _Writer(limits)
    header = _write_json(writer.describe(value, 0)).encode()
    return [_PREFIX.pack(MAGIC, len(header), writer.length) + header, *writer.body]


def encode(value: Any, limits: Limits = _TRUSTED) -> bytes:
    """Return the frame of one value as bytes of its own. Raises `Unsendable`, `TooDeep`."""
    return b"".join(frame(value, limits))


def decode_frame(data: bytes, limits: Limits) -> Any:
    """Return the value of a whole frame. Raises `BadFrame`."""
    if len(data) < _PREFIX.size:
        raise BadFrame("a frame begins with 16 bytes of lengths")
    header_length, body_length = _lengths(data[: _PREFIX.size], limits)
    if len(data) != _PREFIX.size + header_length + body_length:
        raise BadFrame("the frame is not as long as it says")
    header = data[_PREFIX.size : _PREFIX.size + header_length]
    body = io.BytesIO(data[_PREFIX.size + header_length :])
    return _decode(header, body_length, lambda parts: [body.readinto(part) for part in parts], limits)


def send(connection: socket.socket, parts: Part | Sequence[Part], *, deadline: float | None = None) -> None:
    """Send a frame. `deadline` is a time of `time.monotonic()`; raises `TimeoutError`, `Closed`."""
    left = [memoryview(part) for part in ([parts] if isinstance(parts, (bytes, memoryview)) else parts) if len(part)]
    try:
        while left:
            _set_time_left(connection, deadline)
            left = _after(left, connection.sendmsg(left[:_PARTS_AT_ONCE]))
    except (BrokenPipeError, ConnectionResetError):
        raise Closed("the other end is gone") from None


_PARTS_AT_ONCE = 256
"""The kernel takes 1024 at most."""


def _after(parts: list[memoryview], length: int) -> list[memoryview]:
    """Return what is left of parts, none of them empty, after the first `length` bytes."""
    for place, part in enumerate(parts):
        if length < len(part):
            return [part[length:], *parts[place + 1 :]]
        length -= len(part)
    return []


def receive(connection: socket.socket, limits: Limits, *, deadline: float | None = None) -> Any:
    """Receive one value. Raises `TimeoutError`, `Closed`, `BadFrame`; memory is bounded by the limits."""
    prefix = bytearray(_PREFIX.size)
    _fill([memoryview(prefix)], connection, deadline)
    header_length, body_length = _lengths(prefix, limits)
    header = bytearray(header_length)
    _fill([memoryview(header)], connection, deadline)
    return _decode(header, body_length, lambda parts: _fill(parts, connection, deadline), limits)


class _Writer:
    def __init__(self, limits: Limits) -> None:
        self._limits, self._values = limits, 1
        self.body: list[Part] = []
        self.length = 0

    def describe(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            if not -_MAX_INT <= value < _MAX_INT:
                raise Unsendable("an integer of more than 64 bits")
            return value
        if kind is float:
            return value if math.isfinite(value) else {"f": repr(value)}
        if kind is not torch.Tensor:
            if (held := plain.parts(value)) is not None:
                return {"l" if issubclass(kind, list) else "t": self._each(held, depth + 1)}
            if kind is dict and all(type(key) is str for key in value):
                self._count(len(value), depth + 1)
                return {"d": {key: self.describe(item, depth + 1) for key, item in value.items()}}
        tensor = plain.as_tensor(value)
        if tensor is None or not _is_carried(tensor):
            raise Unsendable(plain.in_words(value))
        return {"x": self._tensor(tensor)}

    def _count(self, values: int, depth: int) -> None:
        self._values += values
        if values and depth > self._limits.depth:
            raise TooDeep(f"a value nested too deeply (more than {self._limits.depth} levels)")
        if self._values > self._limits.values:
            raise TooDeep(f"a value of too many parts (more than {self._limits.values})")

    def _each(self, held: list[Any], depth: int) -> list[Any]:
        self._count(len(held), depth)
        described = []
        for place, item in enumerate(held, 1):
            try:
                described.append(self.describe(item, depth))
            except TooDeep:
                raise
            except Unsendable as error:
                raise Unsendable(f"{error}, as value {place} of {len(held)}") from None
        return described

    def _tensor(self, value: torch.Tensor) -> list[Any]:
        size = value.element_size()
        self._make_room(value.numel() * size)  # before an expanded one is written out
        if not value.is_cpu:
            value = value.cpu()
        shape, strides = tuple(value.shape), value.stride()
        layout = _layout(shape, strides)
        if not layout.is_possible:
            raise Unsendable("a tensor of impossible shape")
        if layout.span and not _has_memory(value, layout.span):
            raise Unsendable("a tensor without memory of its own")
        # Not as they lie: elements far apart, expanded or overlapping ones, and a view whose bytes have the other sign.
        if layout.span > 2 * value.numel() or not layout.is_apart or value.is_neg():
            value = value.clone(memory_format=torch.contiguous_format).resolve_neg()
            strides = value.stride()
            layout = _layout(shape, strides)
        offset, length = self.length, layout.span * size
        self._make_room(length)
        if length:
            self.body.append(_bytes_of(value, length))
        self.length += length
        return [_NAMES[value.dtype], shape, strides, offset, length]

    def _make_room(self, length: int) -> None:
        if self.length + length > self._limits.body_bytes:
            raise TooDeep(f"more than {self._limits.body_bytes // 1024} KiB of data")


def _is_carried(value: torch.Tensor) -> bool:
    is_plain = value.layout is torch.strided and not value.is_nested
    return is_plain and (value.is_cpu or value.is_cuda) and value.dtype in _NAMES


def _bytes_of(value: torch.Tensor, length: int) -> memoryview:
    """Return a view of a tensor's memory, from its first element on, which keeps the tensor alive."""
    held = (ctypes.c_char * length).from_address(value.data_ptr())
    held.tensor = value  # type: ignore[attr-defined]  # an array of ctypes takes attributes
    return memoryview(held).cast("B")


def _has_memory(value: torch.Tensor, span: int) -> bool:
    """Tell whether all elements of a tensor can be read. Not so where it wraps another, or its storage was cut."""
    try:
        held = value.untyped_storage().nbytes()
        return value.data_ptr() != 0 and (value.storage_offset() + span) * value.element_size() <= held
    except RuntimeError:
        return False


class _Layout(NamedTuple):
    """What sizes and strides amount to."""

    span: int
    """How many elements lie from the first to the last of a tensor, those of the gaps included."""
    is_apart: bool
    """Whether each dimension steps over all that the finer ones reach: then no two elements share a place."""
    is_possible: bool


@functools.lru_cache(1024)
def _layout(shape: tuple[int, ...], strides: tuple[int, ...]) -> _Layout:
    """Look at sizes and strides, none of them negative; kept, since the tensors of one function look alike."""
    is_possible = len(shape) <= _MAX_DIMENSIONS and math.prod(size or 1 for size in shape) < _MAX_SIZE
    reach, is_apart = 0, max(strides, default=0) < _MAX_SIZE
    for stride, size in sorted(zip(strides, shape, strict=True)):
        if size > 1:
            is_apart = is_apart and stride > reach
            reach += stride * (size - 1)
    return _Layout(1 + reach if all(shape) else 0, is_apart, is_possible)


def _lengths(prefix: bytes | bytearray, limits: Limits) -> tuple[int, int]:
    magic, header_length, body_length = _PREFIX.unpack(prefix)
    if magic != MAGIC:
        raise BadFrame("these bytes do not begin a frame")
    if header_length > MAX_HEADER_BYTES or body_length > limits.body_bytes:
        raise TooLarge(f"a frame of {header_length + body_length} bytes is larger than allowed")
    return header_length, body_length


def _fill(parts: list[memoryview], connection: socket.socket, deadline: float | None) -> None:
    """Receive into memory until all of it is full. Raises `TimeoutError`, `Closed`."""
    left = [part for part in parts if len(part)]
    while left:
        _set_time_left(connection, deadline)
        try:
            got = connection.recvmsg_into(left[:_PARTS_AT_ONCE])[0]
        except ConnectionResetError:
            got = 0
        if not got:
            raise Closed("the other end is gone")
        left = _after(left, got)


def _set_time_left(connection: socket.socket, deadline: float | None) -> None:
    if deadline is not None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        connection.settimeout(left)
    elif connection.gettimeout() is not None:
        connection.settimeout(None)


Fill = Callable[[list[memoryview]], object]
"""Fills memory with the next bytes of a body."""


def _decode(header: bytes | bytearray, body_length: int, fill: Fill, limits: Limits) -> Any:
    try:
        described = _read_json(header.decode())
    except (ValueError, RecursionError):
        raise BadFrame("the header is not JSON") from None
    reader = _Reader(body_length, limits)
    value = reader.value(described, 0)
    if reader.used != body_length:
        raise BadFrame("a body longer than its tensors")
    fill(reader.memories)
    for flags in reader.flags:
        flags.ne_(0)
    return value


def _refuse_constant(name: str) -> None:
    raise BadFrame(f"{name} in the header")


_read_json = json.JSONDecoder(parse_constant=_refuse_constant).decode


class _Reader:
    """Makes a value of its description. The memory of its tensors is still to be filled."""

    def __init__(self, body_length: int, limits: Limits) -> None:
        self._body_length, self._limits = body_length, limits
        self._values, self.used = 1, 0
        self.memories: list[memoryview] = []
        """The memory of each tensor, in the order of the body."""
        self.flags: list[torch.Tensor] = []
        """The bytes behind tensors of bools, which are to be 0 or 1 and may come as anything."""

    def value(self, described: Any, depth: int) -> Any:
        """Return what JSON has described, which makes values of just these types."""
        kind = type(described)
        if described is None or kind is bool or kind is str:
            return described
        if kind is int or kind is float:
            finite = math.isfinite(described) if kind is float else -_MAX_INT <= described < _MAX_INT
            if not finite:  # 1e999 is JSON, but no number that was ever written here
                raise BadFrame("a number out of range")
            return described
        if kind is not dict or len(described) != 1:
            raise BadFrame("not the description of a value")
        ((tag, content),) = described.items()
        if tag == "x" and type(content) is list and len(content) == 5:
            return self._tensor(*content)
        if tag in ("l", "t") and type(content) is list:
            self._count(len(content), depth + 1)
            items = [self.value(item, depth + 1) for item in content]
            return items if tag == "l" else tuple(items)
        if tag == "d" and type(content) is dict:
            self._count(len(content), depth + 1)
            return {key: self.value(item, depth + 1) for key, item in content.items()}
        if tag == "f" and content in ("nan", "inf", "-inf"):
            return float(content)
        raise BadFrame("not the description of a value")

    def _count(self, values: int, depth: int) -> None:
        self._values += values
        if (values and depth > self._limits.depth) or self._values > self._limits.values:
            raise BadFrame("nested too deeply or of too many parts")

    def _tensor(self, name: Any, shape: Any, strides: Any, offset: Any, length: Any) -> torch.Tensor:
        if type(name) is not str or name not in DTYPES:
            raise BadFrame("a tensor of an unknown dtype")
        if type(shape) is not list or type(strides) is not list or not _are_sizes([*shape, *strides, offset, length]):
            raise BadFrame("a tensor of impossible numbers")
        if len(shape) != len(strides) or not (layout := _layout(tuple(shape), tuple(strides))).is_possible:
            raise BadFrame("a tensor of impossible shape")
        dtype = DTYPES[name]
        # One after the other, as they are written: else a thousand tensors could each ask for the same whole body.
        if offset != self.used or offset + length > self._body_length:
            raise BadFrame("a tensor outside its part of the body")
        self.used += length
        if not all(shape):
            if length:
                raise BadFrame("an empty tensor that is not empty")
            return torch.empty(shape, dtype=dtype)
        # A stride of 0 could promise far more elements than bytes were sent, and no element may lie on another.
        if layout.span * dtype.itemsize != length or not layout.is_apart:
            raise BadFrame("a tensor whose bytes do not fit its shape")
        # Its own memory, so that two tensors of a frame never share any.
        tensor = torch.empty_strided(shape, strides, dtype=dtype, device="cpu")
        self.memories.append(_bytes_of(tensor, length))
        if dtype is torch.bool:
            self.flags.append(tensor.as_strided((length,), (1,)).view(torch.uint8))
        return tensor


def _are_sizes(numbers: list[Any]) -> bool:
    return _INT.issuperset(map(type, numbers)) and min(numbers) >= 0 and max(numbers) < _MAX_SIZE


_INT = frozenset({int})
