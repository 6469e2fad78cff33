"""The stream that fills a result in."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from grader.domain.comparison import Plan
from webapp import live


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Streams that poll and end sooner."""
    monkeypatch.setattr(live, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(live, "MAX_SECONDS", 0.3)


def events_of(text):
    blocks = [block.splitlines() for block in text.split("\n\n") if block.startswith("event:")]
    return [(block[0].removeprefix("event: "), json.loads(block[1].removeprefix("data: "))["html"]) for block in blocks]


def test_a_finished_job_is_sent_at_once_and_ends_the_stream(school, passed, failed):
    school.graded(school.ada, [passed, failed])
    answer = school.visit("ada").get("/submissions/1/events")
    assert answer.mimetype == "text/event-stream"
    (event,) = events_of(answer.text)
    assert event[0] == "done"
    assert "step-keeps-dtype" in event[1]


def test_each_new_check_is_sent_and_the_end_is_told(school, passed, failed, monkeypatch):
    monkeypatch.setattr(live, "MAX_SECONDS", 30)  # its end is told by the job, however busy the machine
    _, job_id = school.hand_in(school.ada)
    stream = iter(school.visit("ada").get("/submissions/1/events").response)
    assert next(stream).startswith(b"retry:")
    assert b"Waiting for a grader" in next(stream)
    taken = school.start(job_id)
    assert b"Being graded: 0 checks done" in next(stream)
    school.record(taken, passed)
    assert b"Being graded: 1 check done" in next(stream)
    school.finish(taken, [passed, failed])
    last = next(stream)
    assert last.startswith(b"event: done")
    assert b"6 of 15 points" in last
    assert next(stream, None) is None


def test_the_stream_goes_on_until_the_comparison_has_ended(school, passed, failed, monkeypatch):
    monkeypatch.setattr(live, "MAX_SECONDS", 30)
    _, job_id = school.hand_in(school.ada)
    following = school.finish(school.start(job_id), [passed, failed], Plan(points=5))
    stream = iter(school.visit("ada").get("/submissions/1/events").response)
    next(stream)
    waiting = next(stream)
    assert waiting.startswith(b"event: check")
    assert b"Provisional score: 6 of 15 points" in waiting
    taken = school.start(following)
    assert b"0 checks done" in next(stream)
    follows = replace(passed, name="follows", points=5, max_points=5)
    school.record(taken, follows)
    assert b"1 check done" in next(stream)
    school.finish_comparison(taken, [follows])
    last = next(stream)
    assert last.startswith(b"event: done")
    assert b"11 of 15 points" in last
    assert next(stream, None) is None


def test_a_reader_who_reconnects_is_sent_the_whole_state(school, passed, failed):
    _, job_id = school.hand_in(school.ada)
    school.record(school.start(job_id), passed, replace(failed, name="another"))
    for _ in range(2):
        with school.visit("ada").get("/submissions/1/events") as answer:
            stream = iter(answer.response)
            next(stream)
            state = next(stream)
        assert state.startswith(b"event: check")
        assert b"step-goes-down" in state
        assert b"another" in state


def test_a_long_wait_has_heartbeats_and_an_end(school, monkeypatch):
    monkeypatch.setattr(live, "MAX_SECONDS", 30)
    school.hand_in(school.ada)
    stream = iter(school.visit("ada").get("/submissions/1/events").response)
    assert next(stream).startswith(b"retry:")
    assert next(stream).startswith(b"event: check")
    assert next(stream) == b": waiting\n\n"
    monkeypatch.setattr(live, "MAX_SECONDS", 0)
    assert next(stream, None) is None


def test_a_quiz_is_live_too(school):
    attempt_id, job_id = school.answer(school.ada, {"which": "a"})
    school.score(job_id, attempt_id, {"which": 1})
    ((name, html),) = events_of(school.visit("ada").get(f"/quiz-attempts/{attempt_id}/events").text)
    assert name == "done"
    assert "1 of 8 points" in html
