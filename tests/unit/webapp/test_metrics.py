"""What Prometheus reads from a portal, and that nobody else does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from grader.domain.comparison import Device, Plan
from grader.domain.queues import Queue
from grader.settings import Settings
from grader.store.database import Database
from grader.store.workers import worker_seen
from webapp.metrics import KINDS, Metrics

TOKEN = "a-token-of-prometheus"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, metrics_token=TOKEN)


@pytest.fixture
def now() -> datetime:
    """The metrics tell ages, so here the present counts."""
    return datetime.now(UTC)


def scrape(school) -> dict[tuple[str, ...], float]:
    """Return every series: its name and labels, its value."""
    answer = school.app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200 and answer.content_type.startswith("text/plain")
    families = text_string_to_metric_families(answer.text)
    return {(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": TOKEN}]
)
@pytest.mark.parametrize("name", ["ada", "iris"])
def test_without_the_token_there_is_nothing_here(school, name, headers) -> None:
    assert school.visit(name).get("/metrics", headers=headers).status_code == 404


def test_no_token_opens_a_portal_that_has_none(school, settings, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = replace(school.app.extensions["gradescent"], settings=replace(settings, metrics_token=""))
    monkeypatch.setitem(school.app.extensions, "gradescent", parts)
    answer = school.app.test_client().get("/metrics", headers={"Authorization": "Bearer "})
    assert answer.status_code == 404


def test_an_idle_installation_has_every_series_at_zero(school) -> None:
    found = scrape(school)
    assert found["gradescent_database_up",] == 1
    for queue, stage in KINDS:
        for name in ("jobs_waiting", "jobs_running", "oldest_waiting_seconds"):
            assert found[f"gradescent_{name}", queue, stage] == 0
    assert [found["gradescent_workers", queue] for queue in Queue] == [0, 0, 0, 0]


def test_what_waits_and_what_is_done_is_told_by_queue_and_stage(school) -> None:
    school.hand_in(school.ada)
    school.hand_in(school.bob)
    _, job = school.hand_in(school.ada)
    school.start(job)
    school.answer(school.ada, {"why": "because"})
    found = scrape(school)
    assert found["gradescent_jobs_waiting", "cpu", "checks"] == 2
    assert found["gradescent_jobs_running", "cpu", "checks"] == 1
    assert found["gradescent_jobs_waiting", "cpu", "quiz"] == 1


def test_the_oldest_job_that_waits_has_its_age(school) -> None:
    school.now -= timedelta(minutes=10)
    school.hand_in(school.ada)
    school.now += timedelta(minutes=9)
    school.hand_in(school.bob)
    assert scrape(school)["gradescent_oldest_waiting_seconds", "cpu", "checks"] >= 600


def test_a_job_whose_worker_is_gone_waits_again(school) -> None:
    school.now -= timedelta(hours=1)  # longer than the lease
    _, job = school.hand_in(school.ada)
    school.start(job)
    assert scrape(school)["gradescent_jobs_waiting", "cpu", "checks"] == 1


def test_a_comparison_waits_in_the_queue_of_its_device_and_workers_are_told_by_queue(
    school, database: Database
) -> None:
    _, job = school.hand_in(school.ada)
    school.finish(school.start(job), comparison=Plan(points=5, device=Device.GPU))
    with database.transaction() as session:
        worker_seen(session, "one", ["cpu"], now=school.now)
        worker_seen(session, "two", ["cpu", "gpu"], now=school.now)
        worker_seen(session, "silent", ["cpu"], now=school.now - timedelta(hours=1))
    found = scrape(school)
    assert found["gradescent_jobs_waiting", "gpu", "comparison"] == 1
    assert [found["gradescent_workers", queue] for queue in Queue] == [2, 0, 1, 0]


def test_requests_are_counted_by_route_and_never_by_address(school) -> None:
    client = school.visit("ada")
    client.get("/exercises/slope")
    client.get("/exercises/a-secret-guess")
    client.get("/no/such/address")
    client.open("/", method="BREW")
    found = scrape(school)
    assert found["gradescent_requests_total", "GET", "/exercises/<slug>", "200"] == 1
    assert found["gradescent_requests_total", "GET", "/exercises/<slug>", "404"] == 1
    assert found["gradescent_requests_total", "GET", "(none)", "404"] == 1
    assert found["gradescent_requests_total", "other", "(none)", "405"] == 1
    assert found["gradescent_request_seconds_count", "/exercises/<slug>"] == 2
    assert not {"slope", "a-secret-guess", "BREW"} & {label for series in found for label in series}


def test_no_label_speaks_of_a_person(school) -> None:
    school.visit("bob").get("/")
    school.hand_in(school.bob)
    told = " ".join(label for series in scrape(school) for label in series)
    assert "bob" not in told and "Bold" not in told


def test_a_database_that_does_not_answer_is_itself_a_metric(settings: Settings, tmp_path) -> None:
    told = Metrics(settings, Database(f"sqlite:///{tmp_path}")).tell().decode()  # a folder
    assert "gradescent_database_up 0.0" in told
    assert "gradescent_jobs_waiting" not in told
