"""What a worker tells its operators of each job: metrics for Prometheus and spans of a trace.

Labels are stages, verdicts and the slugs of exercises: never a student's name, id or code.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from sqlalchemy.orm import Session

from grader.domain.comparison import Stage
from grader.domain.errors import GraderFault, SettingsError
from grader.domain.verdict import JobStatus, Verdict
from grader.settings import Settings, variable
from grader.store.tables import GradingJob
from grader.tracing import NO_TRACES, Tracer, TraceStart

QUIZ = "quiz"
STAGES = (QUIZ, *Stage)
"""What a job's work is called."""

SANDBOX, INTERNAL, LEASE_LOST, GIVEN_UP = FAULTS = ("sandbox", "internal", "lease_lost", "given_up")
"""Faults of the grader: judge or sandbox failed, anything else failed, another worker took the job over, and a job that
ended as `internal_error` because its tries were used up."""

_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600)


class JobWatch:
    """Hears what happens to the jobs of one worker. Thread-safe."""

    def __init__(self, tracer: Tracer = NO_TRACES) -> None:
        self._tracer = tracer
        self._here = threading.local()  # which trace the job of a thread belongs to
        self.registry = CollectorRegistry()
        self._waited = Histogram(
            "gradescent_wait_seconds",
            "From the moment that a job was stored until a worker first took it.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._worked = Histogram(
            "gradescent_grade_seconds",
            "How long the grader worked on one stage of a job.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._verdicts = Counter(
            "gradescent_verdicts",
            "Verdicts that were written.",
            ["exercise", "stage", "verdict"],
            registry=self.registry,
        )
        self._faults = Counter("gradescent_faults", "Faults of the grader.", ["kind"], registry=self.registry)
        self._in_hand = Gauge(
            "gradescent_jobs_in_hand", "Jobs that this worker grades now.", ["stage"], registry=self.registry
        )
        for stage in STAGES:  # a series that is there from the start can be alerted on
            for series in (self._waited, self._worked, self._in_hand):
                series.labels(stage)
        for kind in FAULTS:
            self._faults.labels(kind)

    def claimed(self, session: Session, job: GradingJob) -> None:
        """This thread has taken a job, and has just read it."""
        stored, taken = job.created_at, job.started_at or job.created_at
        if job.tries == 1:
            self._waited.labels(_stage_of(job)).observe(max(0.0, (taken - stored).total_seconds()))
        if not self._tracer.is_on:
            return
        first = session.get_one(GradingJob, job.checks_job_id) if job.checks_job_id else job
        self._here.origin, self._here.job_id = TraceStart(first.id, first.created_at), job.id
        for name, begin, end in (
            ("waiting", stored.timestamp(), taken.timestamp()),
            ("claim", taken.timestamp(), time.time()),
        ):
            told: dict[str, str | int] = {"job": job.id, "stage": _stage_of(job)}
            self._tracer.record(name, begin, end, told, within=self._here.origin)

    @contextmanager
    def working(self, stage: str, exercise: str, **ids: int) -> Iterator[None]:
        """Within, the grader works on a stage of a job."""
        began, started, fault = time.time(), time.monotonic(), ""
        try:
            with self._in_hand.labels(stage).track_inprogress():
                yield
            self._worked.labels(stage).observe(time.monotonic() - started)
        except BaseException as error:
            fault = type(error).__name__
            raise
        finally:
            if self._tracer.is_on:
                told = {"job": self._here.job_id, "exercise": exercise, **ids}
                self._tracer.record(stage, began, time.time(), told, within=self._here.origin, fault=fault)

    def graded(self, stage: str, exercise: str, verdict: Verdict) -> None:
        """A verdict was written."""
        self._verdicts.labels(exercise, stage, verdict).inc()

    def lease_lost(self) -> None:
        """What was found out is thrown away."""
        self._faults.labels(LEASE_LOST).inc()

    def failed(self, error: Exception, status: JobStatus) -> None:
        """The grader failed, and its job has this status now."""
        self._faults.labels(SANDBOX if isinstance(error, GraderFault) else INTERNAL).inc()
        if status is JobStatus.FAILED:
            self._faults.labels(GIVEN_UP).inc()


class MetricsServer:
    """Tells a worker's metrics over HTTP, where the settings name a port. A context manager."""

    def __init__(self, settings: Settings, registry: CollectorRegistry) -> None:
        self._settings, self._registry = settings, registry

    def __enter__(self) -> Self:
        """Begin to listen. Raises `SettingsError` where the port cannot be had."""
        host, port = self._settings.metrics_host, self._settings.metrics_port
        self._server = self._thread = None
        if port:
            try:
                self._server, self._thread = start_http_server(port, host, self._registry)
            except OSError as error:
                words = f"the metrics cannot be told on {host}:{port}: {error.strerror}; each worker needs its own"
                raise SettingsError(f"{variable('metrics_port')}: {words}") from None
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()


def _stage_of(job: GradingJob) -> str:
    return QUIZ if job.submission_id is None else job.stage
