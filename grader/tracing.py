"""Traces for OpenTelemetry: one from the request that hands something in to the work of whoever grades it.

Which trace a job belongs to follows from the job itself, so portal and workers agree without telling each other:
whoever does the job, whichever message made them look for it, and however often it is tried. Nothing of OpenTelemetry
is imported unless a collector is set. Spans carry ids, slugs and routes: no name, no code, no text of an exception.
"""

# The packages are optional, and so imported where a collector is set:
# ruff: noqa: PLC0415

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from grader.domain.errors import SettingsError
from grader.settings import Settings, variable

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_EXPORT_SECONDS = 5


@dataclass(frozen=True)
class TraceStart:
    """The begin of a job's trace: the request that stored the job. It is there even if nobody recorded that request."""

    job_id: int
    created_at: datetime

    @property
    def ids(self) -> tuple[int, int]:
        """Return the ids of the trace and of its first span. The time keeps apart jobs of different databases."""
        told = f"{self.job_id} {self.created_at.astimezone(UTC).isoformat()}"
        digest = hashlib.sha256(told.encode()).digest()
        return int.from_bytes(digest[:16]) or 1, int.from_bytes(digest[16:24]) or 1


class Tracer:
    """Makes no traces."""

    is_on = False

    def record(
        self,
        name: str,
        begin: float,
        end: float,
        attributes: Mapping[str, str | int],
        *,
        opens: TraceStart | None = None,
        within: TraceStart | None = None,
        fault: str = "",
    ) -> None:
        """Record what was done, in seconds since the epoch: as the begin of a job's trace, or as a part of one.

        `fault` is the kind of what went wrong.
        """

    def close(self) -> None:
        """Send what is left."""


NO_TRACES = Tracer()


def open_tracer(settings: Settings, process: str) -> Tracer:
    """Return what makes the traces of a process (portal or worker).

    Raises `SettingsError` where a collector is set and OpenTelemetry is not installed.
    """
    if not settings.otlp_endpoint:
        return NO_TRACES
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        raise SettingsError(
            f"{variable('otlp_endpoint')}: OpenTelemetry is not installed. Run: pip install 'gradescent[tracing]'"
        ) from None
    endpoint = f"{settings.otlp_endpoint.rstrip('/')}/v1/traces"
    return CollectedTracer(OTLPSpanExporter(endpoint=endpoint, timeout=_EXPORT_SECONDS), process)


class CollectedTracer(Tracer):
    """Makes spans and exports them in batches, from a thread of its own."""

    is_on = True

    def __init__(self, exporter: SpanExporter, process: str) -> None:
        from opentelemetry import trace
        from opentelemetry.context import Context
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

        planned = self._planned = threading.local()

        class Ids(RandomIdGenerator):
            """Gives a span the ids that are planned for it, else random ones."""

            def generate_trace_id(self) -> int:
                return planned.__dict__.get("trace_id") or super().generate_trace_id()

            def generate_span_id(self) -> int:
                return planned.__dict__.get("span_id") or super().generate_span_id()

        self._api, self._nothing = trace, Context()
        resource = Resource.create({"service.name": f"gradescent-{process}"})
        self._provider = TracerProvider(resource=resource, id_generator=Ids())
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("gradescent")

    def record(
        self,
        name: str,
        begin: float,
        end: float,
        attributes: Mapping[str, str | int],
        *,
        opens: TraceStart | None = None,
        within: TraceStart | None = None,
        fault: str = "",
    ) -> None:
        kinds, around = self._api.SpanKind, self._nothing
        if within is not None:
            trace_id, span_id = within.ids
            flags = self._api.TraceFlags(self._api.TraceFlags.SAMPLED)
            parent = self._api.SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags)
            around = self._api.set_span_in_context(self._api.NonRecordingSpan(parent), around)
        if opens is not None:
            self._planned.trace_id, self._planned.span_id = opens.ids
        span = self._tracer.start_span(
            name,
            context=around,
            kind=kinds.SERVER if within is None else kinds.INTERNAL,
            attributes={f"gradescent.{key}": value for key, value in attributes.items()},
            start_time=_nanoseconds(begin),
        )
        self._planned.__dict__.clear()
        if fault:
            span.set_status(self._api.StatusCode.ERROR, fault)
        span.end(_nanoseconds(max(begin, end)))

    def close(self) -> None:
        self._provider.shutdown()


_sent: ContextVar[list[TraceStart] | None] = ContextVar("jobs_that_a_request_sent", default=None)


@contextmanager
def jobs_sent() -> Iterator[list[TraceStart]]:
    """Yield a list that gathers the jobs that are sent to the workers within."""
    gathered: list[TraceStart] = []
    token = _sent.set(gathered)
    try:
        yield gathered
    finally:
        _sent.reset(token)


def job_sent(job_id: int, created_at: datetime) -> None:
    """Note, where somebody gathers them, that a job is sent to the workers."""
    if (gathered := _sent.get()) is not None:
        gathered.append(TraceStart(job_id, created_at))


def _nanoseconds(seconds: float) -> int:
    return int(seconds * 1e9)
