"""The workers that are there, as each of them says again and again, so that a sender knows whom a queue would reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from grader.store.tables import WorkerRow

_FORGOTTEN_AFTER = timedelta(days=1)
"""A worker that was killed leaves its row behind; nobody reads it by then."""


GPU_WORKER_FORGOTTEN_AFTER = 2
"""After so many leases without a word of one, comparisons that want a GPU go to the CPU. A worker says three times in
a lease that it is there."""


def worker_seen(session: Session, worker_id: str, queues: Sequence[str], *, now: datetime) -> None:
    """Note that a worker is there and serves these queues."""
    session.execute(delete(WorkerRow).where(WorkerRow.seen_at < now - _FORGOTTEN_AFTER))
    session.merge(WorkerRow(id=worker_id, queues=",".join(queues), seen_at=now))


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
