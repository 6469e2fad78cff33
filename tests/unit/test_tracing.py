"""Traces are made where a collector is set, cost nothing elsewhere, and hold no words of a student."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import StatusCode

from grader.domain.errors import SettingsError
from grader.settings import REPOSITORY, Settings
from grader.tracing import NO_TRACES, CollectedTracer, open_tracer


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


def test_a_span_has_its_name_and_its_ids_and_those_within_are_its_parts(tracer: CollectedTracer, kept: Kept) -> None:
    with tracer.span("outer", job=1) as outer:
        with tracer.span("inner"):
            pass
        outer.rename("renamed")
        outer.note(status=200)
    tracer.close()
    inner, outer_span = kept.spans
    assert (inner.name, outer_span.name) == ("inner", "renamed")
    assert dict(outer_span.attributes or {}) == {"gradescent.job": 1, "gradescent.status": 200}
    assert inner.parent is not None and outer_span.context is not None
    assert inner.parent.span_id == outer_span.context.span_id
    assert outer_span.resource.attributes["service.name"] == "gradescent-test"


def test_a_span_that_fails_tells_the_kind_and_not_the_words(tracer: CollectedTracer, kept: Kept) -> None:
    with pytest.raises(RuntimeError), tracer.span("failing"):
        raise RuntimeError("RECOGNISABLE")
    tracer.close()
    (span,) = kept.spans
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "RuntimeError")
    assert "RECOGNISABLE" not in span.to_json()
