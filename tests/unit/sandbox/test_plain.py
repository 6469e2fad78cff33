"""What a teacher would accept arrives as plain data, and what is refused is named so that a student understands."""

from __future__ import annotations

import math
import sys
import types
from collections import OrderedDict, namedtuple
from collections.abc import Callable
from enum import IntEnum
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from grader.sandbox import plain, wire

LIMITS = wire.Limits(body_bytes=1 << 20)
Pair = namedtuple("Pair", "first second")


def carried(value: Any) -> Any:
    return wire.decode_frame(wire.encode(value), LIMITS)


NUMPY_NAMES = [name for name in wire.DTYPES if name != "bfloat16"]


@pytest.mark.parametrize("name", NUMPY_NAMES)
@pytest.mark.parametrize("order", ["<", ">"])
def test_numpy_arrays_of_every_dtype_and_byte_order_arrive_as_tensors(name: str, order: str) -> None:
    array = np.array([[0, 1, 1], [1, 0, 1]]).astype(np.dtype(name).newbyteorder(order))
    got = carried(array)
    assert type(got) is Tensor
    assert got.dtype is wire.DTYPES[name]
    assert got.tolist() == array.tolist()


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(lambda x: x.T, id="transposed"),
        pytest.param(lambda x: x[::-1, ::-2], id="backwards"),
        pytest.param(lambda x: x[1:, 1::2], id="strided"),
        pytest.param(lambda x: x[1, 1, ...], id="no dimension"),
        pytest.param(lambda x: x[:0], id="empty"),
        pytest.param(lambda x: np.broadcast_to(x[0], (4, 6)), id="expanded"),
        pytest.param(np.asmatrix, id="matrix", marks=pytest.mark.filterwarnings("ignore")),
        pytest.param(np.ma.masked_array, id="masked array"),
        pytest.param(np.asfortranarray, id="by columns"),
        pytest.param(lambda _: np.zeros(3, dtype=[("a", "i1"), ("b", "<f8")])["b"], id="column of records"),
        pytest.param(lambda x: np.frombuffer(x.tobytes(), dtype=">f8"), id="not to be written to"),
    ],
)
def test_views_of_numpy_arrays_arrive_with_their_values(view: Callable[[Any], Any]) -> None:
    array = view(np.arange(24, dtype=np.float64).reshape(4, 6))
    got = carried(array)
    assert got.shape == array.shape
    assert got.tolist() == np.asarray(array).tolist()
    got += 1


@pytest.mark.parametrize("number", [np.float64(0.1), np.float32(2.5), np.int64(-3), np.uint8(7), np.bool_(True)])
def test_numpy_numbers_arrive_as_tensors_of_no_dimension(number: Any) -> None:
    got = carried(number)
    assert got.shape == ()
    assert got.dtype is wire.DTYPES[number.dtype.name]
    assert got.item() == number.item()


class Unreadable(tuple):
    """Its overrides raise; nobody asks them."""

    __slots__ = ()

    def __iter__(self) -> Any:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError


class Letters(list[Any]):
    def __iter__(self) -> Any:
        return iter("surprise")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(Pair(1, (2.5, None)), (1, (2.5, None)), id="named tuple"),
        pytest.param(torch.Size([2, 3]), (2, 3), id="size"),
        pytest.param(Unreadable((1, 2)), (1, 2), id="tuple that cannot be iterated over"),
        pytest.param(Letters([1, 2]), [1, 2], id="list that says something else"),
    ],
)
def test_subclasses_of_tuple_and_list_arrive_as_what_they_hold(value: Any, expected: Any) -> None:
    got = carried(value)
    assert got == expected
    assert type(got) is type(expected)


def test_what_torch_returns_as_two_values_arrives_as_a_tuple() -> None:
    got = carried(torch.tensor([[1.0, 3.0]]).max(dim=1))
    assert type(got) is tuple
    assert [part.tolist() for part in got] == [[3.0], [1]]


class Deceitful(Tensor):
    """A tensor that gives wrong answers about itself."""

    shape = dtype = layout = property(lambda _: None)  # type: ignore[assignment]

    def detach(self) -> Any:
        return None

    @classmethod
    def __torch_function__(cls, *_: Any, **__: Any) -> Any:
        return None


def test_a_tensor_of_any_class_is_read_as_what_it_is() -> None:
    x = torch.arange(3.0)
    assert torch.equal(carried(x.as_subclass(Deceitful)), x)
    assert torch.equal(carried(torch.nn.Parameter(x)), x)
    assert torch.equal(carried(torch.nn.Buffer(x)), x)


def deceitful_array() -> Any:
    def refuse(*_: Any) -> Any:
        raise RuntimeError

    array = np.arange(3.0).view(kind := type("Array", (np.ndarray,), {}))
    for name in ("dtype", "shape", "strides", "__array__", "__array_interface__", "__array_finalize__", "tobytes"):
        setattr(kind, name, property(refuse))
    return array


def test_an_array_of_any_class_is_read_as_what_it_is() -> None:
    array = deceitful_array()
    assert carried(array).tolist() == [0.0, 1.0, 2.0]
    assert plain.shared_with(array, (np.asarray(array),)) == [0]


class Colour(IntEnum):
    RED = 1


class Number(float):
    """A subclass: it may answer anything to any question, so it is not a number here."""


def cut() -> Tensor:
    x = torch.ones(3)
    x.untyped_storage().resize_(0)
    return x


def escaped() -> Tensor:
    seen: list[Tensor] = []
    torch.func.vmap(lambda x: (seen.append(x), x)[1])(torch.ones(3, 2))
    return seen[0]


IN_BRACKETS = "(is a pair of round brackets missing?)"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (object(), "a value of type object"),
        (Number(1.0), "a value of type Number, a kind of float"),
        (Colour.RED, "a value of type Colour, a kind of int"),
        (type("S", (str,), {})("x"), "a text"),
        ((x for x in "ab"), "a generator (made by yield, or by a for in round brackets)"),
        (carried, f"a function, not what it returns {IN_BRACKETS}"),
        (torch.ones(2).clone, f"a function, not what it returns {IN_BRACKETS}"),
        (Tensor, f"a class, not an object of it {IN_BRACKETS}"),
        (ValueError("no"), "an exception of type ValueError (exceptions are raised, not returned)"),
        ({1: 2}, "a dictionary"),
        (OrderedDict(), "a dictionary"),
        ({1, 2}, "a value of type set"),
        (b"bytes", "a value of type bytes"),
        (1j, "a value of type complex"),
        (torch.float32, "a value of type dtype"),
        (2**63, "an integer of more than 64 bits"),
        (-(2**63) - 1, "an integer of more than 64 bits"),
        (torch.zeros(2, dtype=torch.complex64), "a tensor of torch.complex64"),
        (torch.eye(2).to_sparse(), "a tensor in the layout torch.sparse_coo"),
        (torch.nn.Parameter(torch.eye(2).to_sparse()), "a tensor in the layout torch.sparse_coo"),
        (torch.empty(2, device="meta"), "a tensor on the device meta"),
        (torch.empty(0, 1 << 41), "a tensor of impossible shape"),
        (torch.empty([1] * 65), "a tensor of impossible shape"),
        (cut(), "a tensor without memory of its own"),
        (escaped(), "a tensor without memory of its own"),
        (np.array([None]), "a numpy array of dtype object"),
        (np.array([1j]), "a numpy array of dtype complex128"),
        (np.array(["x"]), "a numpy array of dtype str32"),
        (np.zeros(2, dtype=np.uint16), "a numpy array of dtype uint16"),
        (np.longdouble(1), f"a numpy array of dtype {np.dtype(np.longdouble).name}"),
    ],
)
def test_what_cannot_be_sent_is_named(value: Any, words: str) -> None:
    is_refused_as(words, value)


@pytest.mark.slow  # the first nested tensor makes torch load a great deal
def test_a_nested_tensor_cannot_be_sent_and_is_named() -> None:
    is_refused_as("a nested tensor", torch.nested.nested_tensor([torch.ones(2)], layout=torch.jagged))


def is_refused_as(words: str, value: Any) -> None:
    with pytest.raises(wire.Unsendable) as caught:
        wire.encode(value)
    assert str(caught.value) == words
    with pytest.raises(wire.Unsendable) as caught:
        wire.encode({"result": (None, value)})
    assert str(caught.value) == f"{words}, as value 2 of 2"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "nothing (None)"),
        (True, "the truth value True"),
        (-3, "the number -3"),
        (math.nan, "the number nan"),
        ("x", "a text"),
        ([1, 2.0, 3], "a list of 3 numbers"),
        ((torch.ones(1), torch.ones(2)), "a tuple of 2 tensors"),
        ([torch.ones(1)], "a list of 1 tensor"),
        ((torch.ones(1), 1), "a tuple of 2 values"),
        ((), "an empty tuple"),
        ({"x": 1}, "a dictionary"),
        (torch.ones(1), "a tensor of torch.float32"),
        (np.ones(1), "a numpy array of dtype float64"),
    ],
)
def test_plain_values_have_words_too(value: Any, words: str) -> None:
    assert plain.in_words(value) == words


def test_a_tensor_of_any_strides_can_be_read_again() -> None:
    for value in (torch.empty_strided((1, 2), (1 << 41, 1)), torch.empty_strided((0, 3), (1 << 41, 1))):
        assert carried(value).shape == value.shape


def test_without_numpy_only_tensors_are_tensors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "numpy")
    assert plain.as_tensor(np.ones(2)) is None
    assert plain.as_tensor(torch.ones(2)) is not None
    assert "numpy" not in sys.modules
    monkeypatch.setitem(sys.modules, "numpy", None)  # type: ignore[arg-type]  # so an import of it is blocked
    with pytest.raises(wire.Unsendable, match="a value of type ndarray"):
        wire.encode(np.ones(2))


class Agreeable(types.ModuleType):
    """Stands where numpy was, and has all that it is asked for."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: True


def test_what_a_student_put_in_the_place_of_numpy_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", Agreeable("numpy"))
    assert plain.as_tensor(np.ones(2)) is None
    assert plain.shared_with((1.0, None), ("x", 1.0)) == []


def no_dimension(name: str) -> Tensor:
    return torch.zeros((), dtype=wire.DTYPES[name])


@pytest.mark.parametrize(
    ("value", "name"),
    [(0.5, "float64"), (3, "float32"), (1e300, "float16"), (2**63 - 1, "int64"), (-128, "int8"), (True, "bool")],
)
def test_a_number_becomes_a_tensor_of_the_dtype_that_is_wanted(value: Any, name: str) -> None:
    got = plain.number_like(value, no_dimension(name))
    assert got is not None
    assert (got.dtype, got.shape) == (wire.DTYPES[name], ())
    assert torch.equal(got, torch.tensor(value).to(got.dtype))


@pytest.mark.parametrize(
    ("value", "like"),
    [
        (1.0, no_dimension("int64")),
        (True, no_dimension("float64")),
        (True, no_dimension("int64")),
        (1, no_dimension("bool")),
        (0.0, no_dimension("bool")),
        (128, no_dimension("int8")),
        (-1, no_dimension("uint8")),
        (10**400, no_dimension("float64")),
        (Number(1.0), no_dimension("float64")),
        (Colour.RED, no_dimension("int64")),
        (None, no_dimension("float64")),
        (1.0, torch.zeros(1)),
    ],
)
def test_a_number_of_another_kind_becomes_none(value: Any, like: Tensor) -> None:
    assert plain.number_like(value, like) is None


def test_a_step_is_carried_on_in_tensors_of_its_own() -> None:
    x = torch.arange(4.0, requires_grad=True)
    before = (torch.zeros(4), no_dimension("float32"), torch.zeros(4))
    kept = plain.carried_on((*Pair(x, 2), x.detach().numpy()), before)
    assert kept is not None
    assert [part.dtype for part in kept] == [torch.float32] * 3
    assert [part.requires_grad for part in kept] == [False] * 3
    assert plain.shared_with(kept, (x,)) == []
    (alone,) = plain.carried_on(x, (before[0],)) or ()
    assert torch.equal(alone, x)


@pytest.mark.parametrize("result", [None, (torch.ones(2),), (torch.ones(2), None), (1.0, 1.0), "xy"])
def test_what_is_not_fit_for_the_next_step_is_not_carried_on(result: Any) -> None:
    assert plain.carried_on(result, (torch.zeros(2), torch.zeros(2))) is None


def test_memory_of_an_argument_is_seen_in_tensors_and_arrays() -> None:
    x = torch.arange(6.0)
    array = x.numpy()
    results = {
        "the argument": x,
        "a view": x[2:4],
        "a subclass": torch.nn.Parameter(x),
        "an array": array,
        "an array backwards": array[::-1],
        "an array of other numbers": array.view(">i2"),
        "a tensor of a part": torch.from_numpy(array[3:]),
        "a tensor of a buffer": torch.frombuffer(memoryview(array)[5:], dtype=torch.float32),
        "an expanded number": np.broadcast_to(array[1:2], (3, 3)),
    }
    assert plain.shared_with(tuple(results.values()), (1.0, x)) == list(range(len(results)))
    assert plain.shared_with(array, (x,)) == [0]
    assert plain.shared_with(x, (array[:2],)) == [0]
    assert plain.shared_with(Pair(None, x), (x,)) == [1]


def test_memory_of_its_own_is_told_from_an_arguments() -> None:
    x = torch.arange(6.0)
    own = (x.clone(), x.numpy().copy(), np.float32(1), x[:0], x.numpy()[:0], None, 1.0, cut(), escaped(), x.to_sparse())
    assert plain.shared_with(own, (x, None, cut())) == []
    assert plain.shared_with((), (x,)) == []
    assert plain.shared_with(types.SimpleNamespace(), (x,)) == []
