"""A keeper lends one warm process, replaces it without making anyone wait, and ends what it has replaced."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from grader.domain.errors import GraderFault
from grader.sandbox.keeper import Keeper


class Fake:
    """Stands for a warm process."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.is_alive = True
        self.closed = 0

    def close(self) -> None:
        self.closed += 1
        self.is_alive = False


class Starter:
    """Starts fakes, as slowly as `gate` says, and remembers them."""

    def __init__(self) -> None:
        self.started: list[Fake] = []
        self.fails = False
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, version: str) -> Fake:
        assert self.gate.wait(10)
        if self.fails:
            raise GraderFault("it does not start")
        self.started.append(Fake(version))
        return self.started[-1]


@pytest.fixture
def starter() -> Starter:
    return Starter()


def until(holds: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    for _ in range(1000):
        if holds():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came")


def test_one_process_serves_many_jobs(starter: Starter) -> None:
    keeper = Keeper(starter, recycle_after=100)
    with keeper.lend() as one, keeper.lend() as other:
        assert one is other
    with keeper.lend() as again:
        assert again is one
    keeper.close()
    assert [fake.closed for fake in starter.started] == [1]


def test_one_that_died_is_replaced(starter: Starter) -> None:
    keeper = Keeper(starter, recycle_after=100)
    with keeper.lend() as one:
        one.is_alive = False
        with keeper.lend() as other:
            assert other is not one
        assert one.closed == 0, "a job still has it"
    assert one.closed == 1
    keeper.close()


def test_another_version_replaces_the_old_one_which_finishes_its_jobs(starter: Starter) -> None:
    keeper = Keeper(starter, recycle_after=100)
    with keeper.lend("1") as old:
        with keeper.lend("2") as new:
            assert (old.version, new.version) == ("1", "2")
            assert old.is_alive
        assert not old.closed
    assert old.closed == 1
    assert new.is_alive
    keeper.close()


def test_a_successor_starts_beside_the_jobs_and_nobody_waits_for_it(starter: Starter) -> None:
    keeper = Keeper(starter, recycle_after=3)
    for _ in range(2):
        with keeper.lend():
            pass
    starter.gate.clear()
    with keeper.lend() as old, keeper.lend() as same:  # the third job asks for a successor, which takes its time
        assert old is same
        starter.gate.set()
        until(lambda: taken(keeper) is not old)
        assert old.closed == 0
    until(lambda: old.closed == 1)
    keeper.close()
    assert {fake.closed for fake in starter.started} == {1}


def taken(keeper: Keeper[Fake], version: str = "") -> Fake:
    with keeper.lend(version) as process:
        return process


def test_a_successor_that_does_not_start_leaves_the_old_one_at_work(
    starter: Starter, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = Keeper(starter, recycle_after=2)
    with keeper.lend("1") as old:
        starter.fails = True
        with keeper.lend("1"):
            until(lambda: "could not be renewed" in caplog.text)
    starter.fails = False
    with keeper.lend("1") as still:
        assert still is old
    until(lambda: taken(keeper, "1") is not old)
    keeper.close()
    assert {fake.closed for fake in starter.started} == {1}


def test_a_first_start_that_fails_is_told_and_tried_again(starter: Starter) -> None:
    keeper = Keeper(starter, recycle_after=10)
    starter.fails = True
    with pytest.raises(GraderFault, match="does not start"), keeper.lend():
        pass
    starter.fails = False
    with keeper.lend() as process:
        assert process.is_alive
    keeper.close()


def test_closing_waits_for_a_successor_and_ends_it_too(starter: Starter) -> None:
    keeper = Keeper(starter, recycle_after=1)
    with keeper.lend():
        starter.gate.clear()
    # The first job asked for a successor; whether it has passed the gate by now or not, it is not left over.
    starter.gate.set()
    keeper.close()
    assert all(fake.closed == 1 for fake in starter.started)
