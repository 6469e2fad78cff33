from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from grader.store.database import Database
from grader.store.tables import WorkerRow
from grader.store.workers import is_served, threads_of_queues, worker_gone, worker_seen

MINUTE = timedelta(minutes=1)


def seen(database: Database, worker_id: str, queues: list[str], now: datetime) -> None:
    with database.transaction() as session:
        worker_seen(session, worker_id, queues, now=now)


def served(database: Database, queue: str, since: datetime) -> bool:
    with database.reading() as session:
        return is_served(session, queue, since=since)


def test_a_queue_is_served_while_one_of_its_workers_was_seen_lately(database: Database, now: datetime) -> None:
    seen(database, "a", ["cpu", "gpu"], now)
    seen(database, "b", ["cpu"], now + 3 * MINUTE)
    assert served(database, "gpu", now - MINUTE)
    assert not served(database, "gpu", now + MINUTE)
    assert served(database, "cpu", now + MINUTE)


@pytest.mark.parametrize("part", ["gp", "comparison", "cpu,gpu", ""])
def test_the_name_of_a_queue_is_taken_whole(database: Database, now: datetime, part: str) -> None:
    seen(database, "a", ["cpu", "gpu"], now)
    assert not served(database, part, now - MINUTE)


def test_a_worker_that_says_so_again_has_one_row_with_what_it_said_last(database: Database, now: datetime) -> None:
    seen(database, "a", ["gpu"], now)
    seen(database, "a", ["cpu"], now + MINUTE)
    with database.reading() as session:
        (row,) = session.scalars(select(WorkerRow)).all()
    assert (row.queues, row.seen_at) == ("cpu", now + MINUTE)


def test_a_worker_that_ends_serves_nothing_more(database: Database, now: datetime) -> None:
    seen(database, "a", ["gpu"], now)
    with database.transaction() as session:
        worker_gone(session, "a")
    assert not served(database, "gpu", now - MINUTE)


def test_workers_that_were_killed_are_forgotten_in_the_end(database: Database, now: datetime) -> None:
    seen(database, "killed", ["cpu"], now)
    seen(database, "alive", ["cpu"], now + timedelta(days=2))
    with database.reading() as session:
        assert session.scalars(select(WorkerRow.id)).all() == ["alive"]


def test_threads_are_added_up_over_the_workers_that_are_there(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        worker_seen(session, "gone", ["cpu"], threads={"cpu": 64}, now=now)
        for name in ("a", "b"):
            worker_seen(session, name, ["cpu", "gpu"], threads={"cpu": 2, "gpu": 1}, now=now + 2 * MINUTE)
    with database.reading() as session:
        assert threads_of_queues(session, since=now + MINUTE) == {"cpu": 4, "gpu": 2}
        assert threads_of_queues(session, since=now + 3 * MINUTE) == {}


def test_threads_are_not_told_where_one_worker_has_not_said_its_own(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        worker_seen(session, "a", ["cpu", "gpu"], threads={"cpu": 2, "gpu": 1}, now=now)
        worker_seen(session, "older", ["cpu"], now=now)
    with database.reading() as session:
        assert threads_of_queues(session, since=now - MINUTE) == {"cpu": None, "gpu": 1}
