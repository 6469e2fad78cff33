"""What a worker tells Prometheus of its jobs."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from grader.domain.comparison import Plan
from grader.domain.errors import GraderFault, SettingsError
from grader.domain.queues import Queue
from grader.settings import Settings
from grader.store import jobs
from grader.store.database import Database
from grader.store.jobs import MAX_TRIES
from grader.store.quizzes import submit_answers
from grader.store.tables import User
from grader.tasks import JobRunner
from grader.watch import JobWatch, MetricsServer
from tests.servers import free_port

LEASE = timedelta(seconds=15)


@pytest.fixture
def watch() -> JobWatch:
    return JobWatch()


@pytest.fixture
def run(database: Database, watch: JobWatch, obliging_grader: Any) -> Callable[..., None]:
    """Do what waits for its checks and, where there is a plan, the comparison that follows."""

    def run_both(**grader: Any) -> None:
        runner = JobRunner(database, obliging_grader(**grader), LEASE, lambda _: None, watch=watch)
        runner.run(Queue.CPU)
        runner.run(Queue.COMPARISON)

    return run_both


@pytest.fixture
def value(watch: JobWatch) -> Callable[..., float]:
    """Return a series of the watch by its name and labels."""

    def value_of(name: str, **labels: str) -> float:
        found = watch.registry.get_sample_value(f"gradescent_{name}", labels)
        assert found is not None, f"there is no {name} with {labels}"
        return found

    return value_of


def test_an_idle_worker_has_every_series_at_zero(value: Callable[..., float]) -> None:
    for stage in ("quiz", "checks", "comparison"):
        assert value("wait_seconds_count", stage=stage) == value("grade_seconds_count", stage=stage) == 0
        assert value("jobs_in_hand", stage=stage) == 0
    for kind in ("sandbox", "internal", "lease_lost", "given_up"):
        assert value("faults_total", kind=kind) == 0


def test_both_stages_are_timed_and_their_verdicts_counted(
    run: Callable[..., None], value: Callable[..., float], waiting_job: int
) -> None:
    run(plan=Plan(points=2.0))
    for stage in ("checks", "comparison"):
        assert value("wait_seconds_count", stage=stage) == value("grade_seconds_count", stage=stage) == 1
        assert value("verdicts_total", exercise="adaptive", stage=stage, verdict="accepted") == 1


def test_the_wait_is_that_since_the_job_was_stored(
    database: Database, student: User, run: Callable[..., None], value: Callable[..., float]
) -> None:
    with database.transaction() as session:
        stored = datetime.now(UTC) - timedelta(hours=1)
        submit_answers(session, student, "adaptive", {}, allowed=1, now=stored)
    run()
    assert value("wait_seconds_sum", stage="quiz") >= 3600


def test_a_job_that_is_being_graded_is_in_hand(
    run: Callable[..., None], value: Callable[..., float], waiting_job: int
) -> None:
    seen: list[float] = []
    run(happening=lambda: seen.append(value("jobs_in_hand", stage="checks")))
    assert seen == [1] and value("jobs_in_hand", stage="checks") == 0


@pytest.mark.parametrize(("fault", "kind"), [(GraderFault("no zygote"), "sandbox"), (KeyError("x"), "internal")])
def test_faults_of_the_grader_are_counted_and_waits_once(
    run: Callable[..., None], value: Callable[..., float], waiting_job: int, fault: Exception, kind: str
) -> None:
    def fail() -> None:
        raise fault

    for _ in range(MAX_TRIES):
        run(happening=fail)
    assert value("faults_total", kind=kind) == MAX_TRIES
    assert value("faults_total", kind="given_up") == 1
    assert value("wait_seconds_count", stage="checks") == 1
    assert value("grade_seconds_count", stage="checks") == 0


def test_a_lost_lease_is_counted(
    database: Database, run: Callable[..., None], value: Callable[..., float], waiting_job: int
) -> None:
    def another_worker_takes_over() -> None:
        with database.transaction() as session:
            assert jobs.claim(session, waiting_job, now=datetime.now(UTC) + 2 * LEASE, lease=LEASE) is not None

    run(happening=another_worker_takes_over)
    assert value("faults_total", kind="lease_lost") == 1


def test_no_label_speaks_of_a_person_or_a_submission(
    watch: JobWatch, run: Callable[..., None], waiting_job: int
) -> None:
    run()
    labels = {name for family in watch.registry.collect() for sample in family.samples for name in sample.labels}
    assert labels == {"stage", "exercise", "verdict", "kind", "le"}


def test_the_metrics_are_told_on_the_port_of_the_settings(watch: JobWatch) -> None:
    port = free_port()
    with MetricsServer(Settings(metrics_port=port), watch.registry), urlopen(f"http://127.0.0.1:{port}/") as answer:
        families = {family.name for family in text_string_to_metric_families(answer.read().decode())}
    assert {"gradescent_grade_seconds", "gradescent_verdicts", "gradescent_faults"} <= families
    with pytest.raises(OSError, match="refused"):
        urlopen(f"http://127.0.0.1:{port}/")


def test_without_a_port_nobody_listens(watch: JobWatch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("grader.watch.start_http_server", lambda *_: pytest.fail("somebody listens"))
    with MetricsServer(Settings(), watch.registry):
        pass


def test_a_port_that_is_taken_is_a_fault_of_the_settings(watch: JobWatch) -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(SettingsError, match=f"GRADESCENT_METRICS_PORT: .*127.0.0.1:{port}"),
            MetricsServer(Settings(metrics_port=port), watch.registry),
        ):
            pass
