"""The wire carries plain data exactly, and nothing else: whatever bytes come, the reader stays in bounds."""

from __future__ import annotations

import json
import math
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.sandbox import wire

LIMITS = wire.Limits(body_bytes=1 << 20)
HUGE = 1 << 39


def carried(value: Any) -> Any:
    return wire.decode_frame(wire.encode(value), LIMITS)


def frame(header: Any, body: bytes = b"", *, magic: bytes = wire.MAGIC) -> bytes:
    """Make a frame by hand, from a header that need not be honest."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<4sIQ", magic, len(text), len(body)) + text + body


def tensor(dtype: Any = "float64", shape: Any = (2,), strides: Any = (1,), offset: Any = 0, length: Any = 16) -> Any:
    """Describe a tensor as a header does; lists only where the wire has lists."""
    return {"x": [dtype, list(shape), list(strides), offset, length]}


@pytest.mark.parametrize(
    "value", [None, True, False, 0, -1, 2**63 - 1, -(2**63), 0.1, -0.0, "", "é\u202e\n\0", "\ud800"]
)
def test_plain_values_come_back_as_they_went(value: Any) -> None:
    got = carried(value)
    assert type(got) is type(value)
    assert got == value
    assert math.copysign(1, got) == math.copysign(1, value) if isinstance(value, float) else True


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_floats_that_json_lacks_come_back(value: float) -> None:
    assert str(carried(value)) == str(value)


def test_lists_tuples_and_dicts_keep_their_kind() -> None:
    value = {"a": [1, (2.0, None)], "": ({"x": "y"},), "f": []}
    assert carried(value) == value
    assert type(carried(value)["a"][1]) is tuple


@pytest.mark.parametrize("name", wire.DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (1,), (3,), (2, 0, 4), (2, 3, 4), (1, 1, 1, 1, 1, 1, 1, 1, 2)])
def test_tensors_of_every_dtype_and_shape_come_back(name: str, shape: tuple[int, ...]) -> None:
    draw = torch.Generator().manual_seed(1)
    value = torch.randint(0, 2, shape, generator=draw).to(wire.DTYPES[name])
    got = carried(value)
    assert (got.dtype, got.shape, got.stride()) == (value.dtype, value.shape, value.stride())
    assert torch.equal(got, value)


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(lambda x: x.t(), id="transposed"),
        pytest.param(lambda x: x[::2, 1::2], id="strided"),
        pytest.param(lambda x: x[1:, 2:], id="offset"),
        pytest.param(lambda x: x[0].expand(5, 6), id="expanded"),
        pytest.param(lambda x: x.flatten().unfold(0, 4, 1), id="overlapping"),
        pytest.param(lambda x: x.as_strided((2, 2), (0, 3)), id="overlapping without looking so"),
        pytest.param(lambda x: x.flatten()[::10], id="wide gaps"),
        pytest.param(lambda x: x[:0], id="empty view"),
        pytest.param(lambda x: x[2, 3], id="scalar view"),
        pytest.param(lambda x: torch.complex(x, x).conj().imag, id="lazily negated"),
        pytest.param(lambda x: x.clone().requires_grad_() * 2, id="with history"),
        pytest.param(torch.nn.Parameter, id="subclass"),
    ],
)
def test_views_come_back_with_their_values(view: Callable[[torch.Tensor], torch.Tensor]) -> None:
    value = view(torch.arange(24, dtype=torch.float64).reshape(4, 6))
    got = carried(value)
    assert type(got) is torch.Tensor
    assert not got.requires_grad
    assert torch.equal(got, value.detach())


def test_a_transposed_tensor_stays_one() -> None:
    value = torch.arange(6.0).reshape(2, 3).t()
    assert carried(value).stride() == value.stride() == (1, 3)


def test_bits_of_nan_infinity_and_negative_zero_come_back() -> None:
    value = torch.tensor([math.nan, math.inf, -math.inf, -0.0, 5e-324], dtype=torch.float64)
    assert torch.equal(carried(value).view(torch.int64), value.view(torch.int64))


def test_tensors_of_one_frame_share_no_memory() -> None:
    value = torch.zeros(4, dtype=torch.float64)
    one, other, part = carried([value, value, value[1:]])
    one += 1
    assert torch.equal(other, value)
    assert torch.equal(part, value[1:])


def test_what_is_received_can_be_written_to() -> None:
    got = carried(torch.zeros(3).expand(2, 3))
    got[0, 0] = 1.0
    assert got.sum() == 1.0


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.tuples(inner, inner)
            | st.dictionaries(st.text(max_size=3), inner, max_size=3)
        ),
        max_leaves=12,
    )
)
@settings(max_examples=150, deadline=None, database=None)
def test_any_plain_value_comes_back(value: Any) -> None:
    assert carried(value) == value


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize("depth", [0, 3, wire.MAX_DEPTH])
def test_nesting_has_a_limit_on_both_sides(depth: int) -> None:
    limits = wire.Limits(body_bytes=0, depth=depth)
    good, bad = nested(depth), nested(depth + 1)
    assert wire.decode_frame(wire.encode(good, limits), limits) == good
    with pytest.raises(wire.TooDeep, match=rf"nested too deeply \(more than {depth} levels\)"):
        wire.encode(bad, limits)
    with pytest.raises(wire.BadFrame, match="nested too deeply"):
        wire.decode_frame(wire.encode(bad, wire.Limits(body_bytes=0, depth=100)), limits)


@pytest.mark.parametrize("values", [1, 5, wire.MAX_VALUES])
def test_the_number_of_parts_has_a_limit_on_both_sides(values: int) -> None:
    limits = wire.Limits(body_bytes=0, values=values)
    good, bad = [0] * (values - 1), [0] * values
    assert wire.decode_frame(wire.encode(good, limits), limits) == good
    with pytest.raises(wire.TooDeep, match=rf"too many parts \(more than {values}\)"):
        wire.encode(bad, limits)
    with pytest.raises(wire.BadFrame, match="too many parts"):
        wire.decode_frame(wire.encode(bad, wire.Limits(body_bytes=0, values=100_000)), limits)


def test_limits_are_as_before_where_nobody_sets_them() -> None:
    assert wire.Limits(body_bytes=1) == wire.Limits(body_bytes=1, depth=wire.MAX_DEPTH, values=wire.MAX_VALUES)
    with pytest.raises(wire.TooDeep, match="nested too deeply"):
        wire.encode(nested(wire.MAX_DEPTH + 1))
    with pytest.raises(wire.TooDeep, match="too many parts"):
        wire.encode([0] * 1_000_000)


def test_a_list_within_itself_is_nested_too_deeply() -> None:
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(wire.TooDeep):
        wire.encode(ring)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(torch.zeros(257), id="one tensor"),
        pytest.param([torch.zeros(128)] * 3, id="several"),
        pytest.param(torch.zeros(1).expand(1 << 30, 1 << 30), id="more than there is memory"),
        pytest.param(torch.zeros(1).expand(257), id="expanded"),
        pytest.param(torch.zeros(400)[::2], id="with gaps"),
    ],
)
def test_bytes_beyond_the_limit_are_not_even_copied(value: Any) -> None:
    limits = wire.Limits(body_bytes=1024)
    wire.encode([torch.zeros(128), torch.zeros(128)], limits)
    with pytest.raises(wire.TooDeep, match="more than 1 KiB of data"):
        wire.encode(value, limits)


BAD_FRAMES = {
    "nothing": b"",
    "half a prefix": frame(None)[:7],
    "another magic": frame(None, magic=b"GDS2"),
    "half a header": frame([1, 2, 3])[:-2],
    "more than it says": frame(None) + b"x",
    "no JSON": frame(b"{"),
    "not UTF-8": frame(b'"\xff"'),
    "NaN": frame(b"NaN"),
    "number out of range": frame(b"1e999"),
    "integer out of range": frame(2**63),
    "integer of many digits": frame(b"1" * 5000),
    "deep JSON": frame(b"[" * 100_000),
    "bare list": frame([1]),
    "unknown tag": frame({"z": []}),
    "two tags": frame({"l": [], "t": []}),
    "no tag": frame({}),
    "tag with another content": frame({"l": {}}),
    "float of another name": frame({"f": "1.0"}),
    "float that is a list": frame({"f": ["nan"]}),
    "dict that is a list": frame({"d": []}),
    "unknown dtype": frame(tensor("complex64"), bytes(16)),
    "dtype that is no text": frame({"x": [["float64"], [2], [1], 0, 16]}, bytes(16)),
    "four parts": frame({"x": ["float64", [2], [1], 0]}, bytes(16)),
    "shape that is no list": frame({"x": ["float64", 2, [1], 0, 16]}, bytes(16)),
    "negative size": frame(tensor(shape=[-2]), bytes(16)),
    "bool as a size": frame(tensor("uint8", [True], [1], 0, 1), b"1"),
    "float as a size": frame(tensor(shape=[2.0]), bytes(16)),
    "more strides than sizes": frame(tensor(strides=[1, 1]), bytes(16)),
    "65 dimensions": frame(tensor("uint8", [1] * 65, [1] * 65, 0, 1), b"1"),
    "more elements than bytes": frame(tensor(shape=[3]), bytes(16)),
    "fewer elements than bytes": frame(tensor(shape=[1]), bytes(16)),
    "bytes that are no elements": frame(tensor(length=15), bytes(15)),
    "huge size": frame(tensor(shape=[HUGE]), bytes(16)),
    "huge size of zero stride": frame(tensor("uint8", [HUGE], [0], 0, 1), b"1"),
    "huge stride": frame(tensor(strides=[HUGE]), bytes(16)),
    "sizes whose product wraps around": frame(tensor(shape=[HUGE, HUGE], strides=[1, 1]), bytes(16)),
    "empty of huge sizes": frame(tensor(shape=[0, HUGE, HUGE], strides=[1, 1, 1], length=0)),
    "empty with bytes": frame(tensor(shape=[0]), bytes(16)),
    "past the end": frame(tensor(length=32), bytes(16)),
    "begins past the end": frame(tensor(offset=16, length=16), bytes(16)),
    "negative offset": frame(tensor(offset=-8), bytes(16)),
    "offset into nowhere": frame(tensor(offset=HUGE), bytes(16)),
    "bytes of nobody": frame(None, bytes(16)),
    "bytes left over": frame(tensor(), bytes(24)),
    "elements on each other": frame(tensor(shape=[2, 2], strides=[0, 1]), bytes(16)),
    "elements on each other without looking so": frame(tensor(shape=[2, 2], strides=[0, 3], length=32), bytes(32)),
    "the same bytes twice": frame({"l": [tensor(), tensor()]}, bytes(16)),
}


@pytest.mark.parametrize("bad", BAD_FRAMES.values(), ids=BAD_FRAMES.keys())
def test_a_dishonest_frame_is_refused(bad: bytes) -> None:
    with pytest.raises(wire.BadFrame):
        wire.decode_frame(bad, LIMITS)


def test_a_frame_above_the_limit_is_told_apart_from_a_broken_one() -> None:
    with pytest.raises(wire.TooLarge, match="larger than allowed"):
        wire.decode_frame(wire.encode(torch.zeros(1 << 18, dtype=torch.float64)), LIMITS)
    with pytest.raises(wire.TooLarge):
        wire.decode_frame(wire.encode("x" * (wire.MAX_HEADER_BYTES + 1)), LIMITS)


def test_a_small_frame_cannot_ask_for_much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand tensors that all name the same bytes would be ten thousand copies of them."""
    made, taken = torch.empty_strided, []

    def counted(shape: list[int], *args: Any, **kwargs: Any) -> torch.Tensor:
        taken.append(math.prod(shape))
        return made(shape, *args, **kwargs)

    monkeypatch.setattr(torch, "empty_strided", counted)
    body = bytes(1 << 20)
    header = {"l": [tensor("uint8", [len(body)], [1], 0, len(body)) for _ in range(1000)]}
    with pytest.raises(wire.BadFrame):
        wire.decode_frame(frame(header, body), LIMITS)
    assert taken == [len(body)]


GOOD = wire.encode({"result": (torch.arange(6.0).reshape(2, 3).t(), True, math.inf), "shared": [0, 1], "": None})


def test_values_travel_through_a_socket() -> None:
    mine, theirs = socket.socketpair()
    with mine, theirs:
        wire.send(mine, wire.encode({"x": torch.ones(3)}), deadline=time.monotonic() + 5)
        assert torch.equal(wire.receive(theirs, LIMITS, deadline=time.monotonic() + 5)["x"], torch.ones(3))


def test_more_tensors_than_the_kernel_takes_at_once_travel_through_a_socket() -> None:
    value = [torch.full((number % 7,), number) for number in range(2000)] + [torch.ones(100_000, dtype=torch.uint8)]
    mine, theirs = socket.socketpair()
    with mine, theirs:
        sending = threading.Thread(target=wire.send, args=(mine, wire.frame(value)))
        sending.start()
        got = wire.receive(theirs, LIMITS, deadline=time.monotonic() + 5)
        sending.join()
    assert all(torch.equal(one, other) for one, other in zip(got, value, strict=True))


def test_silence_is_a_time_out() -> None:
    mine, theirs = socket.socketpair()
    with mine, theirs:
        theirs.send(GOOD[:20])
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            wire.receive(mine, LIMITS, deadline=started + 0.05)
        assert time.monotonic() - started < 1.0


def test_one_byte_at_a_time_does_not_win_time() -> None:
    mine, theirs = socket.socketpair()
    with mine, theirs:
        theirs.send(GOOD[:16])
        with pytest.raises(TimeoutError):
            wire.receive(mine, LIMITS, deadline=time.monotonic() - 1)


def test_a_reader_that_never_reads_is_a_time_out() -> None:
    mine, theirs = socket.socketpair()
    with mine, theirs, pytest.raises(TimeoutError):
        wire.send(mine, wire.encode(torch.zeros(1 << 20)), deadline=time.monotonic() + 0.05)


def test_the_end_of_the_other_side_is_told() -> None:
    mine, theirs = socket.socketpair()
    with mine:
        theirs.send(GOOD[:-1])
        theirs.close()
        with pytest.raises(wire.Closed):
            wire.receive(mine, LIMITS)
        with pytest.raises(wire.Closed):
            wire.send(mine, GOOD)


def test_a_length_beyond_the_limit_is_refused_before_memory_is_taken() -> None:
    mine, theirs = socket.socketpair()
    with mine, theirs:
        theirs.send(struct.pack("<4sIQ", wire.MAGIC, 2, 1 << 62))
        with pytest.raises(wire.TooLarge):
            wire.receive(mine, LIMITS)
