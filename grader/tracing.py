"""Traces for OpenTelemetry: one from the request that hands something in to the spans of the worker that grades it.

Nothing of OpenTelemetry is imported unless a collector is set. A trace travels in the headers of a job's message; a job
that a sweeper sends again begins a new one. Spans carry ids, slugs and routes: never a name, code or the text of an
exception.
"""

# The packages are optional, and so imported where a collector is set:
# ruff: noqa: PLC0415

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from celery import signals

from grader.domain.errors import SettingsError
from grader.settings import Settings, variable

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Span as OtelSpan

_EXPORT_SECONDS = 5
_HEADERS = ("traceparent", "tracestate")


class Span:
    """A piece of work in a trace; this one is not recorded."""

    def rename(self, name: str) -> None:
        """Name the work, where that is known after its begin only."""

    def note(self, **attributes: str | int) -> None:
        """Note ids and numbers."""


class Tracer:
    """Makes no traces."""

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[Span]:  # noqa: ARG002 - not recorded
        """Record what is done within, as a part of the span around it."""
        return _NO_SPAN

    def close(self) -> None:
        """Send what is left; no span may begin afterwards."""


_NO_SPAN = nullcontext(Span())

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

    def __init__(self, exporter: SpanExporter, process: str) -> None:
        from opentelemetry import trace
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._api = trace
        self._headers = TraceContextTextMapPropagator()
        self._provider = TracerProvider(resource=Resource.create({"service.name": f"gradescent-{process}"}))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("gradescent")
        self._tasks = threading.local()
        # Celery keeps weak references: a tracer that is forgotten hears no more.
        signals.before_task_publish.connect(self._give_headers)
        signals.task_prerun.connect(self._begin_task)
        signals.task_postrun.connect(self._end_task)

    def span(self, name: str, **attributes: str | int) -> AbstractContextManager[Span]:
        return self._recorded(name, attributes, self._api.SpanKind.INTERNAL)

    def close(self) -> None:
        signals.before_task_publish.disconnect(self._give_headers)
        signals.task_prerun.disconnect(self._begin_task)
        signals.task_postrun.disconnect(self._end_task)
        self._provider.shutdown()

    @contextmanager
    def _recorded(
        self, name: str, attributes: Mapping[str, str | int], kind: Any, parent: Any = None
    ) -> Iterator[Span]:
        with self._tracer.start_as_current_span(
            name,
            context=parent,
            kind=kind,
            attributes=_named(attributes),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield _RecordedSpan(span)
            except BaseException as error:
                span.set_status(self._api.StatusCode.ERROR, type(error).__name__)
                raise

    def _give_headers(self, *, headers: MutableMapping[str, Any], **_: Any) -> None:
        self._headers.inject(headers)

    def _begin_task(self, *, task: Any, args: Any, **_: Any) -> None:
        carrier = {name: value for name in _HEADERS if (value := getattr(task.request, name, None))}
        span = self._recorded("job", {"job": args[0]}, self._api.SpanKind.CONSUMER, self._headers.extract(carrier))
        span.__enter__()
        self._tasks.span = span

    def _end_task(self, **_: Any) -> None:
        span = self._tasks.__dict__.pop("span", None)
        if span is not None:
            span.__exit__(None, None, None)


class _RecordedSpan(Span):
    def __init__(self, span: OtelSpan) -> None:
        self._span = span

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def note(self, **attributes: str | int) -> None:
        self._span.set_attributes(_named(attributes))


def _named(attributes: Mapping[str, str | int]) -> dict[str, str | int]:
    return {f"gradescent.{name}": value for name, value in attributes.items()}
