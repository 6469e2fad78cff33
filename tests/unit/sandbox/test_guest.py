"""What a guest answers, spoken to as the judge speaks to it, in a thread instead of a jail."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
import torch

from grader.sandbox import guest, wire

REQUESTS = wire.Limits(body_bytes=1 << 20)
RESULTS = wire.Limits(body_bytes=2048, depth=4, values=50)
X = torch.arange(4.0, dtype=torch.float64)
STEPS = [{"args": [None], "kwargs": {}}] * 3


def nested() -> list[Any]:
    ring: list[Any] = []
    ring.append(ring)
    return ring


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "numpy": lambda x: (x * 2).numpy(),
    "a view of numpy": lambda x: (x + 1, x.numpy()[1:]),
    "a generator": lambda x: (x, (part for part in x)),
    "a deep list": lambda _: nested(),
    "many numbers": lambda _: [0] * 1000,
    "many bytes": lambda _: torch.zeros(257, dtype=torch.float64),
    "as many bytes as may be": lambda _: torch.zeros(256, dtype=torch.float64),
    "next": lambda x: x + 1,
    "a tuple of one": lambda x: (x + 1,),
    "numpy's next": lambda x: (x + 1).numpy(),
    "a number": lambda x: float(x) + 1,
    "two": lambda x: (x, x),
}


@pytest.fixture
def ask() -> Iterator[Callable[..., dict[str, Any]]]:
    """Return what asks a guest that has loaded `FUNCTIONS`."""

    def load(student: Any, _request: dict[str, Any]) -> dict[str, Any]:
        student.module = SimpleNamespace(**FUNCTIONS)
        return {"loaded": True}

    mine, theirs = socket.socketpair()
    thread = threading.Thread(target=guest.serve, args=(theirs, REQUESTS, RESULTS))

    def asked(**request: Any) -> Any:
        wire.send(mine, wire.encode(request))
        return wire.receive(mine, REQUESTS)

    with theirs, mock.patch.dict(guest._ANSWERS, load=load):
        thread.start()
        with mine:
            assert asked(do="load") == {"loaded": True}
            yield asked
        thread.join(10)
    assert not thread.is_alive()


def call(ask: Callable[..., Any], function: str, x: torch.Tensor = X, *, observe: bool = False) -> Any:
    return ask(do="call", function=function, args=(x,), kwargs={}, observe=observe)


def walked(ask: Callable[..., Any], function: str, x: torch.Tensor = X) -> list[Any]:
    results: list[Any] = ask(do="walk", function=function, carried=(x,), steps=STEPS, places=[0])["results"]
    return results


def test_a_numpy_array_comes_as_a_tensor(ask: Callable[..., Any]) -> None:
    assert torch.equal(call(ask, "numpy")["result"], X * 2)


def test_an_array_in_the_memory_of_an_argument_is_told(ask: Callable[..., Any]) -> None:
    seen = call(ask, "a view of numpy", observe=True)
    assert seen["shared"] == [1]
    assert torch.equal(seen["result"][1], X[1:])


def test_what_cannot_be_sent_is_told_in_words(ask: Callable[..., Any]) -> None:
    answer = call(ask, "a generator")
    assert answer == {"unsendable": "a generator (made by yield, or by a for in round brackets), as value 2 of 2"}


@pytest.mark.parametrize(
    ("function", "words"),
    [
        ("a deep list", "a value nested too deeply (more than 4 levels)"),
        ("many numbers", "a value of too many parts (more than 50)"),
        ("many bytes", "more than 2 KiB of data"),
    ],
)
def test_what_is_beyond_the_limits_is_told_apart(function: str, words: str, ask: Callable[..., Any]) -> None:
    assert call(ask, function) == {"too_deep": words}
    assert call(ask, "as many bytes as may be")["result"].numel() == 256


@pytest.mark.parametrize("function", ["next", "numpy's next"])
def test_a_walk_goes_on_with_what_each_step_returned(function: str, ask: Callable[..., Any]) -> None:
    results = walked(ask, function)
    assert [part.tolist() for part in results] == [(X + step).tolist() for step in (1, 2, 3)]


def test_a_number_is_walked_on_as_a_tensor(ask: Callable[..., Any]) -> None:
    results = walked(ask, "a number", torch.zeros(()))
    assert [(part.dtype, part.item()) for part in results] == [(torch.float32, step) for step in (1, 2, 3)]


def test_a_tuple_of_one_stays_one_in_a_walk(ask: Callable[..., Any]) -> None:
    assert [type(part) for part in walked(ask, "a tuple of one")] == [tuple] * 3


def test_a_walk_ends_with_a_result_that_cannot_be_carried_on(ask: Callable[..., Any]) -> None:
    ((one, other),) = walked(ask, "two")
    assert torch.equal(one, X)
    assert torch.equal(other, X)


class Counter:
    """A student's class."""

    def __init__(self, *, start: int = 0) -> None:
        if start < 0:
            raise ValueError("start must not be negative")
        self.count = start

    def step(self, by: int) -> int:
        self.count += by
        return by


def test_many_calls_are_answered_in_one(ask: Callable[..., Any]) -> None:
    calls = [{"args": [X + place], "kwargs": {}} for place in range(3)]
    results = ask(do="many", function="next", calls=calls)["results"]
    assert [result[0].item() for result in results] == [1.0, 2.0, 3.0]
    assert ask(do="many", function="nothing", calls=[]) == {"missing": "nothing"}
    assert "TypeError" in ask(do="many", function="next", calls=[{"args": [], "kwargs": {}}])["raised"]


def test_the_life_of_an_object_is_told_call_by_call(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "Counter", Counter)
    ask(do="load")
    life = {"function": "Counter", "method": "step", "attributes": ["count"], "beside": None}
    told = ask(do="trace", **life, kwargs={"start": 1}, calls=[(2,), (3,)])
    assert told == {"start": {"count": 1}, "moments": [(2, {"count": 3}), (3, {"count": 6})]}
    assert ask(do="trace", **life, kwargs={"start": -1}, calls=[])["text"] == "start must not be negative"
    assert "AttributeError" in ask(do="trace", **{**life, "attributes": ["best"]}, kwargs={}, calls=[])["raised"]
    assert ask(do="trace", **{**life, "function": "None"}, kwargs={}, calls=[]) == {"missing": "None"}


class Shared(Counter):
    """A class whose objects share their state, which shows only beside another one."""

    def __init__(self, *, start: int = 0) -> None:
        Shared.count = start  # type: ignore[misc]

    def step(self, by: int) -> int:
        Shared.count += by
        return by


def test_an_object_that_lives_beside_another_is_asked_in_turn(
    ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FUNCTIONS, "Counter", Counter)
    monkeypatch.setitem(FUNCTIONS, "Shared", Shared)
    ask(do="load")
    life = {"method": "step", "attributes": ["count"], "kwargs": {"start": 1}, "calls": [(2,), (3,)]}
    beside = ({"start": 10}, [(100,)])
    alone = [(2, {"count": 3}), (3, {"count": 6})]
    assert ask(do="trace", function="Counter", **life, beside=beside)["moments"] == alone
    assert ask(do="trace", function="Shared", **life, beside=None)["moments"] == alone
    mixed = ask(do="trace", function="Shared", **life, beside=beside)
    assert mixed == {"start": {"count": 10}, "moments": [(2, {"count": 112}), (3, {"count": 115})]}


def test_a_draw_from_the_global_generator_is_told(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "draws", lambda x: x + torch.rand(1))
    ask(do="load")
    assert call(ask, "draws", observe=True)["drew_globally"] is True
    assert call(ask, "next", observe=True)["drew_globally"] is False


def test_seeding_the_global_generator_is_told_each_time(
    ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def seeds(x: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(7)
        return x

    def borrows(x: torch.Tensor) -> torch.Tensor:
        with torch.random.fork_rng():
            return x + torch.rand(1)

    monkeypatch.setitem(FUNCTIONS, "seeds", seeds)
    monkeypatch.setitem(FUNCTIONS, "borrows", borrows)
    ask(do="load")
    assert [call(ask, "seeds", observe=True)["drew_globally"] for _ in range(3)] == [True] * 3
    assert call(ask, "borrows", observe=True)["drew_globally"] is False


def test_memory_is_found_at_any_depth(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "deep", lambda x: (x + 1, {"cache": [x[1:]]}))
    ask(do="load")
    assert call(ask, "deep", observe=True)["shared"] == [1]


def driven(ask: Callable[..., Any], function: str, carried: Any = None, *, whole: bool = False) -> Any:
    """Move one tensor on; begins anew where something to carry is given."""
    return ask(do="drive", function=function, carried=carried, places=[0], calls=[[None]], kwargs={}, whole=whole)


def test_what_a_driven_function_returned_stays_in_the_guest(ask: Callable[..., Any]) -> None:
    assert torch.equal(driven(ask, "next", [(X,)])["results"][0], X + 1)
    assert torch.equal(driven(ask, "next")["results"][0], X + 2)
    assert torch.equal(driven(ask, "next", whole=True)["results"][0], X + 3)
    assert torch.equal(driven(ask, "next", [(X,)])["results"][0], X + 1)


def test_several_tensors_are_driven_in_one_exchange(ask: Callable[..., Any]) -> None:
    request = {"do": "drive", "function": "next", "places": [0], "calls": [[None], [None]], "kwargs": {}}
    first, second = ask(**request, carried=[(X,), (X * 10,)], whole=False)["results"]
    assert torch.equal(first, X + 1) and torch.equal(second, X * 10 + 1)


def test_all_that_a_driven_function_returned_comes_where_it_is_asked_for(ask: Callable[..., Any]) -> None:
    (result,) = driven(ask, "a tuple of one", [(X,)], whole=True)["results"]
    assert type(result) is tuple and torch.equal(result[0], X + 1)


def test_a_driven_result_that_cannot_be_carried_on_is_sent_as_it_is(ask: Callable[..., Any]) -> None:
    answer = driven(ask, "two", [(X,)])
    assert answer["number"] == 0
    assert [torch.equal(part, X) for part in answer["refused"]] == [True, True]
