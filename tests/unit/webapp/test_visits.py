"""What the log says of a request, in both formats: routes and ids, never names, addresses or what was sent."""

from __future__ import annotations

import json
import logging

import pytest

from grader.logs import JsonLines

CODE = "RECOGNISABLE = 'student code'"


@pytest.fixture
def lines(school, caplog: pytest.LogCaptureFixture):
    """Return what was logged of requests so far, as JSON."""
    caplog.set_level(logging.DEBUG)
    formatter = JsonLines("portal")
    return lambda: [json.loads(formatter.format(one)) for one in caplog.records if one.name == "webapp.visits"]


def test_a_request_is_a_line_with_its_route_and_who_asked(school, lines, caplog) -> None:
    client = school.visit("ada")
    answer = client.get("/exercises/slope", headers={"X-Request-ID": "from-the-proxy"})
    line = lines()[-1]
    assert line.pop("milliseconds") >= 0 and line.pop("time") and line.pop("message")
    assert line == {
        "level": "info",
        "process": "portal",
        "logger": "webapp.visits",
        "method": "GET",
        "route": "/exercises/<slug>",
        "status": 200,
        "user": school.ada.id,
    }
    assert answer.headers["X-Request-ID"] == "from-the-proxy"


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space in", 'quote"quote"', "ümlaut-ümlaut"])
def test_an_id_that_is_none_is_replaced(school, given) -> None:
    answer = school.app.test_client().get("/healthz", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] != given and len(answer.headers["X-Request-ID"]) == 16


def test_every_line_of_a_request_carries_its_id(school, caplog) -> None:
    said = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(json.loads(JsonLines("portal").format(record)))

    listener = Listener()
    logging.getLogger("webapp").addHandler(listener)
    caplog.set_level(logging.DEBUG, logger="webapp")
    school.app.test_client().get("/log-in", headers={"X-Request-ID": "a-request-of-mine"})
    logging.getLogger("webapp").removeHandler(listener)
    assert {line["request"] for line in said} == {"a-request-of-mine"}


def test_what_machines_ask_all_the_time_is_no_line_of_everyday(school, lines) -> None:
    for path in ("/healthz", "/readyz", "/metrics", "/static/portal.css"):
        school.app.test_client().get(path, buffered=True)
    assert {line["level"] for line in lines()} == {"debug"}


def test_neither_names_nor_addresses_nor_what_was_sent_are_logged(school, lines, caplog) -> None:
    client = school.visit("ada")
    client.post("/exercises/slope/submit", data={"code": CODE})
    client.get("/exercises/slope/submit?from=1&x=RECOGNISABLE")
    client.get("/RECOGNISABLE")
    assert [line["status"] for line in lines()] == [302, 302, 200, 404]
    assert "RECOGNISABLE" not in caplog.text and "ada" not in caplog.text.lower()


def test_a_portal_that_fails_tells_the_kind_of_fault_and_not_its_words(school, lines, caplog, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(CODE)

    client = school.visit("ada")
    monkeypatch.setattr("webapp.submissions.accept_uploads", fail)
    school.app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)
    assert client.post("/exercises/slope/submit", data={"code": CODE}).status_code == 500
    assert lines()[-1]["status"] == 500
    written = [JsonLines("portal").format(record) for record in caplog.records]
    assert any("RuntimeError" in line for line in written)
    assert not any("RECOGNISABLE" in line for line in written)
