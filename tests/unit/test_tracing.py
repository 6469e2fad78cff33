"""Traces are made where a collector is set, cost nothing elsewhere, and hold no words of a student."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import StatusCode

from grader.domain.errors import SettingsError
from grader.settings import REPOSITORY, Settings
from grader.tracing import NO_TRACES, CollectedTracer, TraceStart, job_sent, jobs_sent, open_tracer


class Kept(SpanExporter):
    """Keeps the spans."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.spans += spans
        return SpanExportResult.SUCCESS


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def tracer(kept: Kept) -> Iterator[CollectedTracer]:
    made = CollectedTracer(kept, "test")
    yield made
    made.close()


def test_without_a_collector_nothing_is_traced() -> None:
    assert open_tracer(Settings(), "portal") is NO_TRACES


def test_without_a_collector_nothing_of_opentelemetry_is_imported() -> None:
    program = (
        "import sys, grader.worker, webapp\n"
        "from grader.settings import Settings\n"
        "from grader.tracing import open_tracer\n"
        "open_tracer(Settings(), 'worker')\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    )
    subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=True)


def test_a_collector_without_the_packages_is_a_fault_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(SettingsError, match=r"GRADESCENT_OTLP_ENDPOINT: .*pip install 'gradescent\[tracing\]'"):
        open_tracer(Settings(otlp_endpoint="http://127.0.0.1:4318"), "portal")


def test_a_span_has_its_name_its_times_and_its_ids(tracer: CollectedTracer, kept: Kept) -> None:
    tracer.record("GET /", 10.0, 12.5, {"status": 200})
    tracer.close()
    (span,) = kept.spans
    assert (span.name, span.start_time, span.end_time) == ("GET /", 10_000_000_000, 12_500_000_000)
    assert dict(span.attributes or {}) == {"gradescent.status": 200}
    assert span.parent is None and span.resource.attributes["service.name"] == "gradescent-test"


def test_the_work_on_a_job_is_a_part_of_the_request_that_stored_it_whoever_does_it(kept: Kept, now: datetime) -> None:
    portal, worker = CollectedTracer(kept, "portal"), CollectedTracer(kept, "worker")
    worker.record("checks", 2.0, 3.0, {}, within=TraceStart(7, now))
    portal.record("POST /", 1.0, 2.0, {}, opens=TraceStart(7, now.astimezone(timezone(timedelta(hours=5)))))
    portal.record("GET /", 1.0, 2.0, {})
    for one in (worker, portal):
        one.close()
    checks, request, other = kept.spans
    assert checks.parent is not None and request.context is not None and other.context is not None
    assert checks.parent.span_id == request.context.span_id
    assert checks.context is not None and checks.context.trace_id == request.context.trace_id
    assert other.context.trace_id != request.context.trace_id


def test_jobs_of_different_databases_have_different_traces(now: datetime) -> None:
    assert TraceStart(7, now).ids != TraceStart(7, now + timedelta(microseconds=1)).ids


def test_a_span_that_failed_tells_the_kind_of_fault(tracer: CollectedTracer, kept: Kept) -> None:
    tracer.record("checks", 1.0, 2.0, {}, fault="RuntimeError")
    tracer.close()
    assert (kept.spans[0].status.status_code, kept.spans[0].status.description) == (StatusCode.ERROR, "RuntimeError")


def test_the_jobs_that_a_request_sends_are_gathered_and_no_others(now: datetime) -> None:
    job_sent(1, now)
    with jobs_sent() as sent:
        job_sent(2, now)
        assert sent == [TraceStart(2, now)]
    job_sent(3, now)
    assert sent == [TraceStart(2, now)]
