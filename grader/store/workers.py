"""The workers that are there, as each of them says again and again, so that a sender knows whom a queue would reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from grader.domain.queues import Queue
from grader.store.tables import WorkerRow

_FORGOTTEN_AFTER = timedelta(days=1)
"""A worker that was killed leaves its row behind; nobody reads it by then."""


def silence(lease: timedelta) -> timedelta:
    """Return after how long without a word of it a worker is taken to be gone: it speaks three times in a lease."""
    return 2 * lease


def worker_seen(
    session: Session,
    worker_id: str,
    queues: Sequence[str],
    *,
    threads: Mapping[Queue, int] | None = None,
    now: datetime,
) -> None:
    """Note that a worker is there and serves these queues, each with so many threads."""
    session.execute(delete(WorkerRow).where(WorkerRow.seen_at < now - _FORGOTTEN_AFTER))
    told = None if threads is None else dict(threads)
    session.merge(WorkerRow(id=worker_id, queues=",".join(queues), threads=told, seen_at=now))


def worker_gone(session: Session, worker_id: str) -> None:
    """Note that a worker has ended."""
    session.execute(delete(WorkerRow).where(WorkerRow.id == worker_id))


def is_served(session: Session, queue: str, *, since: datetime) -> bool:
    """Return whether a worker that was seen after this moment serves the queue."""
    served = session.scalars(select(WorkerRow.queues).where(WorkerRow.seen_at > since))
    return any(queue in queues.split(",") for queues in served)


def workers_by_queue(session: Session, *, since: datetime) -> Counter[str]:
    """Return how many workers that were seen after this moment serve each queue."""
    served = session.scalars(select(WorkerRow.queues).where(WorkerRow.seen_at > since))
    return Counter(queue for queues in served for queue in queues.split(","))


def threads_of_queues(session: Session, *, since: datetime) -> dict[str, int | None]:
    """Return how many jobs of each queue all workers that were seen after this moment do at a time.

    A queue that nobody serves is left out; `None` where a worker serves it that has not said with how many threads.
    """
    rows = session.execute(select(WorkerRow.queues, WorkerRow.threads).where(WorkerRow.seen_at > since)).all()
    told = Counter[str]()
    untold = set[str]()
    for queues, threads in rows:
        for queue in queues.split(","):
            if threads is None or queue not in threads:
                untold.add(queue)
            else:
                told[queue] += threads[queue]
    return dict(told) | dict.fromkeys(untold)
