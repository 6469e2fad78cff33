"""A portal and a real worker process, as their operators see them: traces, metrics and logs of one submission."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import urlopen

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from grader.settings import Settings
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.tables import GradingJob, Role
from tests.servers import free_port, wait_until
from webapp.app import create_app

pytestmark = pytest.mark.slow

WORKER = Path(__file__).with_name("scripted_worker.py")


class Collector(ThreadingHTTPServer):
    """Takes traces, as an OpenTelemetry collector does, and keeps their spans."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _CollectorHandler)
        self.spans: list[tuple[str, Any]] = []
        """The service that made it, and the span."""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def named(self, name: str) -> list[Any]:
        return [span for _, span in self.spans if span.name == name]


class _CollectorHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.path == "/v1/traces"
        assert isinstance(self.server, Collector)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = next(one.value.string_value for one in resource.resource.attributes if one.key == "service.name")
            self.server.spans += [(service, span) for scope in resource.scope_spans for span in scope.spans]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    thread = Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


class Installation:
    """A database with a student, a portal, and a worker that fails where the code says so."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder, self.log = folder, folder / "worker.log"
        self.settings = Settings(data_dir=folder, lease_seconds=2.0, **settings)
        self.database = Database(self.settings.resolved_database_url())
        self.database.migrate()
        with self.database.transaction() as session:
            create_user(session, "ada", "Ada", Role.STUDENT, "first-moment", datetime.now(UTC))

    def submit(self, code: str) -> int:
        """Hand in through the portal, as a student does. Returns the job's id."""
        app = create_app(self.settings)
        app.config.update(WTF_CSRF_ENABLED=False)
        client = app.test_client()
        assert client.post("/log-in", data={"username": "ada", "password": "first-moment"}).status_code == 302
        assert client.post("/exercises/adaptive/submit", data={"code": code}).status_code == 302
        app.extensions["gradescent"].tracer.close()
        app.extensions["gradescent"].database.close()
        with self.database.reading() as session:
            return session.query(GradingJob.id).order_by(GradingJob.id.desc()).limit(1).scalar()

    @contextmanager
    def worker(self, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
        """A worker process, stopped at the end."""
        environment = os.environ | {
            "GRADESCENT_DATA_DIR": str(self.folder),
            "GRADESCENT_LEASE_SECONDS": str(self.settings.lease_seconds),
            **{f"GRADESCENT_{name.upper()}": value for name, value in settings.items()},
        }
        with self.log.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, WORKER, str(self.folder)], env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            yield process
        finally:
            process.terminate()
            assert process.wait(60) == 0, self.log.read_text()

    def wait_until_complete(self, job_id: int) -> None:
        def is_complete() -> bool:
            with self.database.reading() as session:
                return session.get_one(GradingJob, job_id).is_complete

        wait_until(is_complete, "the job is not complete")


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    made.database.close()


def allow_all(folder: Path, name: str) -> None:
    for stage in ("checks", "comparison"):
        (folder / f"{stage}-{name}").touch()


def test_one_trace_leads_from_the_request_to_both_stages(installation: Installation, collector: Collector) -> None:
    installation.settings = replace(installation.settings, otlp_endpoint=collector.endpoint)
    allow_all(installation.folder, "a")
    job_id = installation.submit("a")
    with installation.worker(otlp_endpoint=collector.endpoint):
        installation.wait_until_complete(job_id)
    (request,) = collector.named("POST /exercises/<slug>/submit")
    of_this_trace = {(service, span.name) for service, span in collector.spans if span.trace_id == request.trace_id}
    assert of_this_trace == {
        ("gradescent-portal", "POST /exercises/<slug>/submit"),
        *(("gradescent-worker", name) for name in ("waiting", "claim", "checks", "comparison")),
    }
    parts = [span for service, span in collector.spans if service == "gradescent-worker"]
    assert {span.parent_span_id for span in parts} == {request.span_id}
    told = "".join(str(span) for _, span in collector.spans)
    assert "ada" not in told.replace("adaptive", "")


def test_a_trace_whose_request_nobody_recorded_names_the_job(installation: Installation, collector: Collector) -> None:
    allow_all(installation.folder, "a")
    job_id = installation.submit("a")  # by a portal without traces
    with installation.worker(otlp_endpoint=collector.endpoint):
        installation.wait_until_complete(job_id)
    (checks,) = collector.named("checks")
    assert {one.value.int_value for one in checks.attributes if one.key == "gradescent.job"} == {job_id}
    assert {span.trace_id for _, span in collector.spans} == {checks.trace_id}


def test_a_worker_tells_its_metrics_on_its_own_port(installation: Installation) -> None:
    port = free_port()
    allow_all(installation.folder, "a")
    job_id = installation.submit("a")
    with installation.worker(metrics_port=str(port)):
        installation.wait_until_complete(job_id)
        with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            told = answer.read().decode()
    assert 'gradescent_verdicts_total{exercise="adaptive",stage="checks",verdict="accepted"} 1.0' in told
    assert 'gradescent_grade_seconds_count{stage="comparison"} 1.0' in told


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_submission_that_makes_the_grader_fail_leaves_no_trace_of_its_code(
    installation: Installation, collector: Collector, form: str
) -> None:
    code = f"fail {secrets.token_hex(8)}"
    installation.settings = replace(installation.settings, otlp_endpoint=collector.endpoint)
    job_id = installation.submit(code)
    with installation.worker(log_format=form, otlp_endpoint=collector.endpoint):
        installation.wait_until_complete(job_id)  # after three tries
    with installation.database.reading() as session:
        assert code in session.get_one(GradingJob, job_id).diagnostics
    log = installation.log.read_text()
    assert f"job {job_id}, submission" in log or f'"job": {job_id}' in log
    assert code not in log and code not in "".join(str(span) for _, span in collector.spans)
    if form == "json":
        lines = [json.loads(line) for line in log.splitlines()]
        assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
        failed = [line for line in lines if line["level"] == "error"]
        assert {line["job"] for line in failed} == {job_id}


def test_the_portals_own_server_is_ready_and_tells_metrics_logs_and_traces(
    installation: Installation, collector: Collector
) -> None:
    port = free_port()
    environment = os.environ | {
        "GRADESCENT_DATA_DIR": str(installation.folder),
        "GRADESCENT_PORT": str(port),
        "GRADESCENT_METRICS_TOKEN": "of-prometheus",
        "GRADESCENT_LOG_FORMAT": "json",
        "GRADESCENT_OTLP_ENDPOINT": collector.endpoint,
    }
    with installation.log.open("wb") as log:
        portal = subprocess.Popen([sys.executable, "-m", "webapp"], env=environment, stderr=log)
    try:
        wait_until(lambda: answer_of(port, "/healthz")[0] == 200, "the portal does not answer")
        assert answer_of(port, "/readyz") == (200, '{"status":"ready"}\n')
        assert answer_of(port, "/metrics")[0] == 404
        status, told = answer_of(port, "/metrics", Authorization="Bearer of-prometheus")
        assert status == 200 and 'gradescent_requests_total{method="GET",route="/readyz",status="200"} 1.0' in told
        assert answer_of(port, "/")[0] == 302
    finally:
        portal.terminate()
        assert portal.wait(60) == 0
    lines = [json.loads(line) for line in installation.log.read_text().splitlines()]
    assert [(line["route"], line["status"]) for line in lines] == [("/", 302)]
    assert len(collector.named("GET /")) == 1


def answer_of(port: int, path: str, **headers: str) -> tuple[int, str]:
    """Return the status and the text of an answer, 0 while nobody listens."""
    with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        try:
            connection.request("GET", path, headers=headers)
        except ConnectionRefusedError:
            return 0, ""
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
