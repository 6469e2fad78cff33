"""The embedded broker, used as kombu uses any transport."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from threading import Thread

import pytest
from kombu import Connection

import grader.queue  # noqa: F401 - it registers the transport
from grader.domain.queues import Queue


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"gradescent+sqlite:///{tmp_path / 'new folder' / 'broker.sqlite3'}"


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    with Connection(url) as made:
        yield made


def put(connection: Connection, body: str, task_id: str, queue: str = Queue.CPU.value) -> None:
    with connection.Producer() as producer:
        producer.publish({"body": body}, routing_key=queue, correlation_id=task_id)


def take(connection: Connection, queue: str = Queue.CPU.value) -> str | None:
    message = connection.default_channel.basic_get(queue, no_ack=True)
    return None if message is None else message.decode()["body"]


def test_messages_come_in_the_order_in_which_they_were_sent(connection: Connection) -> None:
    for body in "abc":
        put(connection, body, task_id=body)
    assert [take(connection) for _ in range(4)] == ["a", "b", "c", None]


def test_a_second_message_for_a_task_that_still_waits_is_dropped(connection: Connection) -> None:
    put(connection, "a", task_id="job-1")
    put(connection, "a", task_id="job-1")
    assert connection.default_channel._size(Queue.CPU.value) == 1
    assert [take(connection), take(connection)] == ["a", None]


def test_the_same_task_may_wait_in_two_queues(connection: Connection) -> None:
    put(connection, "a", task_id="job-1", queue=Queue.CPU.value)
    put(connection, "a", task_id="job-1", queue=Queue.COMPARISON.value)
    assert [take(connection, Queue.COMPARISON.value), take(connection), take(connection)] == ["a", "a", None]


def test_a_task_whose_message_was_taken_can_be_sent_again(connection: Connection) -> None:
    put(connection, "a", task_id="job-1")
    take(connection)
    put(connection, "a", task_id="job-1")
    assert take(connection) == "a"


def test_a_message_outlives_the_process_that_sent_it(url: str) -> None:
    with Connection(url) as sender:
        put(sender, "a", task_id="job-1")
    with Connection(url) as receiver:
        assert take(receiver) == "a"


def test_what_a_stopping_worker_has_not_finished_goes_back(url: str) -> None:
    with Connection(url) as sender:
        put(sender, "a", task_id="job-1")
    stopping = Connection(url)
    assert stopping.default_channel.basic_get(Queue.CPU.value) is not None, "taken, not acknowledged"
    stopping.close()
    with Connection(url) as receiver:
        assert take(receiver) == "a"


def test_many_takers_get_each_message_once(url: str) -> None:
    with Connection(url) as sender:
        for number in range(60):
            put(sender, str(number), task_id=str(number))
    taken: list[str] = []

    def drain() -> None:
        with Connection(url) as mine:
            while (body := take(mine)) is not None:
                taken.append(body)

    threads = [Thread(target=drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=int) == [str(number) for number in range(60)]


def test_a_queue_can_be_emptied(connection: Connection) -> None:
    put(connection, "a", task_id="1")
    put(connection, "b", task_id="2")
    assert connection.default_channel.queue_purge(Queue.CPU.value) == 2
    with pytest.raises(Empty):
        connection.default_channel._get(Queue.CPU.value)


def test_waiting_for_a_message_ends_soon_so_that_a_worker_can_stop(connection: Connection) -> None:
    with connection.SimpleQueue(Queue.CPU.value), pytest.raises(TimeoutError):
        connection.drain_events(timeout=3600)


def test_the_transport_says_what_it_is(connection: Connection) -> None:
    assert connection.transport.driver_version() == sqlite3.sqlite_version
