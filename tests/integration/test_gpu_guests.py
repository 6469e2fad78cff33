"""Guests on a GPU: the same wire and the same judge, a context of their own, used once. Run wherever CUDA is."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from grader.domain.exercise import Exercise, Limits, Task
from grader.domain.form import Form
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.judge.channel import GuestChannel
from grader.judge.faults import SolutionFault
from grader.sandbox.host import TIERS_THAT_HOLD, ZygoteProcess
from grader.settings import REPOSITORY

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.slow,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]

SOLUTION = b"""
import torch

def halve(x):
    return x / 2

def where(x):
    return torch.tensor(x.is_cuda)

def in_place(x):
    x += 1
    return x

def hoard(x):
    return torch.empty(8 << 30, dtype=torch.uint8, device=x.device)[:1]

def remember(x):
    global count
    count = globals().get("count", 0) + 1
    return torch.tensor(count)
"""


@pytest.fixture(scope="module", params=TIERS_THAT_HOLD)
def zygote(request: pytest.FixtureRequest) -> Iterator[ZygoteProcess]:
    process = ZygoteProcess(request.param, [REPOSITORY / "grader"], "gpu")
    yield process
    process.close()


@pytest.fixture
def session(zygote: ZygoteProcess) -> Iterator[socket.socket]:
    with zygote.open_session() as opened:
        yield opened


def channel_of(session: socket.socket, exercise: Exercise) -> GuestChannel:
    made = GuestChannel(session, exercise, [SourceFile("toy.py", SOLUTION)], device="cuda")
    made.load()
    return made


@pytest.fixture
def exercise(tmp_path: Any) -> Exercise:
    tasks = tuple(
        Task(id=name, function=name, title=name, points=1, returns=(Form.like_argument("x"),))
        for name in ("halve", "in_place", "hoard")
    )
    limits = Limits(load_seconds=30, call_seconds=30, device_memory_mb=1024)
    return Exercise(
        slug="toy", title="Toy", summary="", order=1, folder=tmp_path, tasks=tasks, bundle=(), limits=limits
    )


def call(channel: GuestChannel, function: str, x: torch.Tensor, *, observe: bool = False) -> Any:
    return channel.call(function, (x,), {}, observe=observe)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_arguments_lie_on_the_gpu_and_results_come_back(
    dtype: torch.dtype, session: socket.socket, exercise: Exercise
) -> None:
    channel = channel_of(session, exercise)
    x = torch.arange(6, dtype=dtype).reshape(2, 3)
    got = call(channel, "halve", x).result
    assert got.device.type == "cpu"
    assert torch.equal(got, x / 2)
    assert bool(call(channel, "where", x).result)
    channel.close()


def test_a_changed_argument_is_seen_on_the_gpu_too(session: socket.socket, exercise: Exercise) -> None:
    channel = channel_of(session, exercise)
    seen = call(channel, "in_place", torch.zeros(3), observe=True)
    assert seen.shared == (0,)
    assert torch.equal(seen.arguments[0], torch.ones(3))
    channel.close()


def test_memory_of_the_device_has_a_limit(session: socket.socket, exercise: Exercise) -> None:
    channel = channel_of(session, exercise)
    with pytest.raises(SolutionFault) as caught:
        call(channel, "hoard", torch.zeros(1))
    assert caught.value.verdict is Verdict.MEMORY_LIMIT
    assert "1024 MiB of the GPU's memory" in str(caught.value)
    channel.close()


def test_each_guest_is_used_once(session: socket.socket, exercise: Exercise) -> None:
    for _ in range(3):
        channel = channel_of(session, exercise)
        assert int(call(channel, "remember", torch.zeros(1)).result) == 1
        channel.close()


def test_a_guest_on_the_gpu_is_held_as_well(session: socket.socket, exercise: Exercise) -> None:
    breakout = b"""
import os, socket
def halve(x):
    for attempt in (os.fork, socket.socket, lambda: os.listdir("/etc"), lambda: open("/etc/passwd")):
        try:
            attempt()
        except OSError:
            continue
        raise RuntimeError("got out")
    return x / 2
"""
    channel = GuestChannel(session, exercise, [SourceFile("toy.py", breakout)], device="cuda")
    channel.load()
    assert torch.equal(call(channel, "halve", torch.ones(2)).result, torch.full((2,), 0.5))
    channel.close()
