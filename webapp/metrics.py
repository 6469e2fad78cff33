"""The portal's metrics for Prometheus: what waits, who works, what is asked for. No label speaks of a person."""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from grader.domain.comparison import Stage
from grader.domain.queues import Queue
from grader.settings import Settings
from grader.store.backlog import Backlog, backlog, count_given_up
from grader.store.clock import database_now
from grader.store.database import Database
from grader.store.workers import silence, workers_by_queue

KINDS = (
    (Queue.CPU, Stage.CHECKS.value),
    (Queue.CPU, "quiz"),
    (Queue.COMPARISON, Stage.COMPARISON.value),
    (Queue.GPU, Stage.COMPARISON.value),
    (Queue.REGRADE, Stage.CHECKS.value),
)
"""What can wait, by queue and stage; each is told from the start, so that it can be alerted on."""

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """What one portal counts, and what it reads from the database when it is asked."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Installation(settings, database))
        self._requests = Counter(
            "gradescent_requests",
            "Requests that this portal answered.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "gradescent_request_seconds",
            "From a request to the begin of its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=self._registry,
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; `route` is a rule of the portal, never the address that somebody asked for."""
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def tell(self) -> bytes:
        """Return all of it in Prometheus's text format."""
        return generate_latest(self._registry)


class _Installation(Collector):
    """Reads queues and workers from the database; all portals of an installation tell the same."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._silence = silence(timedelta(seconds=settings.lease_seconds))

    def collect(self) -> Iterator[Metric]:
        is_up = GaugeMetricFamily("gradescent_database_up", "Whether the database answered.")
        try:
            with self._database.reading() as session:
                now = database_now(session)
                found = backlog(session, now=now)
                workers = workers_by_queue(session, since=now - self._silence)
                given_up = count_given_up(session)
        except SQLAlchemyError:
            is_up.add_metric([], 0)
            yield is_up
            return
        is_up.add_metric([], 1)
        yield is_up
        yield from _jobs(found, now)
        failed = GaugeMetricFamily("gradescent_jobs_given_up", "Jobs that stand as internal_error.")
        failed.add_metric([], given_up)
        yield failed
        alive = GaugeMetricFamily("gradescent_workers", "Workers that serve a queue now.", labels=["queue"])
        for queue in Queue:
            alive.add_metric([queue], workers[queue])
        yield alive


def _jobs(found: Sequence[Backlog], now: datetime) -> Iterator[Metric]:
    waiting: Count[tuple[str, str]] = Count()
    running: Count[tuple[str, str]] = Count()
    oldest: dict[tuple[str, str], float] = {}
    for entry in found:
        kind = _kind_of(entry)
        (waiting if entry.is_waiting else running)[kind] += entry.jobs
        if entry.is_waiting:
            oldest[kind] = max(oldest.get(kind, 0.0), (now - entry.oldest).total_seconds())
    for name, words, values in (
        ("gradescent_jobs_waiting", "Jobs that wait for a worker.", waiting),
        ("gradescent_jobs_running", "Jobs that a worker does now.", running),
        ("gradescent_oldest_waiting_seconds", "Age of the oldest job that waits; 0: none does.", oldest),
    ):
        family = GaugeMetricFamily(name, words, labels=["queue", "stage"])
        for kind in sorted({*KINDS, *values}):
            family.add_metric(kind, values.get(kind, 0))
        yield family


def _kind_of(entry: Backlog) -> tuple[str, str]:
    return entry.queue, "quiz" if entry.is_quiz else entry.stage.value
