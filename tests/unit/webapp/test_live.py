"""The stream that fills a result in, and the answers for a page that cannot have it."""

from __future__ import annotations

import json
from contextvars import Context
from dataclasses import dataclass, replace

import pytest
from sqlalchemy.exc import OperationalError

from grader.domain.comparison import Plan
from grader.domain.verdict import JobStatus
from grader.store.standing import Progress
from grader.store.workers import worker_seen
from webapp import live, watching
from webapp.portal import now


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A watcher that looks more often."""
    monkeypatch.setattr(watching, "QUICK_SECONDS", 0.01)
    monkeypatch.setattr(watching, "LINE_SECONDS", 0.01)


@dataclass(frozen=True)
class Event:
    name: str
    id: str
    said: dict

    @property
    def html(self):
        return self.said["html"]


class Stream:
    """What a browser's EventSource makes of an answer; each in a context of its own, as on a server."""

    def __init__(self, client, path="/submissions/1/events", seen="", since=""):
        headers = {"Last-Event-ID": seen} if seen else {}
        self._context = Context()
        asked = {"headers": headers, "query_string": {"since": since} if since else {}}
        self.answer = self._context.run(client.get, path, **asked)
        assert self.answer.mimetype == "text/event-stream"
        self._blocks = iter(self.answer.response)
        assert self._context.run(next, self._blocks).startswith(b"retry: ")

    def __iter__(self):
        while block := self._context.run(next, self._blocks, b""):
            fields = dict(line.split(": ", 1) for line in block.decode().strip().split("\n"))
            yield Event(fields["event"], fields["id"], json.loads(fields["data"]))

    def next(self, *names):
        """The next event of these names; without names, of any but heartbeats and places."""
        return next(event for event in self if event.name in (names or ("check", "done")))

    def close(self):
        self._context.run(self.answer.close)


@pytest.fixture
def listen(school):
    """Open a stream; all are closed in the end."""
    opened = []

    def open_stream(name="ada", **options):
        opened.append(Stream(school.visit(name), **options))
        return opened[-1]

    yield open_stream
    for stream in opened:
        stream.close()


def test_a_finished_job_is_sent_at_once_and_ends_the_stream(school, passed, failed, listen):
    school.graded(school.ada, [passed, failed])
    (event,) = listen()
    assert event.name == "done"
    assert "step-keeps-dtype" in event.html


def test_each_new_check_is_sent_and_the_end_is_told(school, passed, failed, listen):
    _, job_id = school.hand_in(school.ada)
    stream = listen()
    assert "Waiting for a grader" in stream.next().html
    taken = school.start(job_id)
    assert "Being graded: 0 checks done" in stream.next().html
    school.record(taken, passed)
    assert "Being graded: 1 check done" in stream.next().html
    school.finish(taken, [passed, failed])
    last = stream.next()
    assert last.name == "done"
    assert "6 of 15 points" in last.html
    assert list(stream) == []


def test_the_stream_goes_on_until_the_comparison_has_ended(school, passed, failed, listen):
    _, job_id = school.hand_in(school.ada)
    following = school.finish(school.start(job_id), [passed, failed], Plan(points=5))
    stream = listen()
    waiting = stream.next()
    assert waiting.name == "check"
    assert "Provisional score: 6 of 15 points" in waiting.html
    taken = school.start(following)
    assert "0 checks done" in stream.next().html
    follows = replace(passed, name="follows", points=5, max_points=5)
    school.record(taken, follows)
    assert "1 check done" in stream.next().html
    school.finish_comparison(taken, [follows])
    last = stream.next()
    assert last.name == "done"
    assert "11 of 15 points" in last.html
    assert list(stream) == []


def test_a_page_follows_a_submission_that_is_graded_again_until_the_new_verdict_counts(school, passed, failed, listen):
    number = school.graded(school.ada, [failed])
    school.visit("iris").post(f"/submissions/{number}/grade-again")
    stream = listen()
    waiting = stream.next()
    assert waiting.name == "check"
    assert "It is being graded again. Until" in waiting.html and "0 of 15 points" in waiting.html
    taken = school.start(2)
    assert "It is being graded again: 0 checks done" in stream.next().html
    school.record(taken, passed)
    assert "It is being graded again: 1 check done" in stream.next().html
    school.finish(taken, [passed])
    last = stream.next()
    assert last.name == "done"
    assert "6 of 15 points" in last.html and "graded again" not in last.html


def test_the_ids_of_events_grow_with_what_happens(school, passed, listen):
    _, job_id = school.hand_in(school.ada)
    stream = listen()
    ids = [stream.next().id]
    taken = school.start(job_id)
    ids.append(stream.next().id)
    school.record(taken, passed)
    ids.append(stream.next().id)
    school.finish(taken)
    ids.append(stream.next().id)
    numbers = [[int(part) for part in name.split(".")] for name in ids]
    assert numbers == sorted(numbers)
    assert len(set(ids)) == 4


def test_a_reader_who_comes_back_to_the_same_state_is_not_sent_it_again(school, passed, failed, listen):
    _, job_id = school.hand_in(school.ada)
    taken = school.start(job_id)
    school.record(taken, passed)
    first = listen()
    seen = first.next().id
    first.close()
    again = listen(seen=seen)
    school.record(taken, replace(failed, name="another"))
    event = again.next()
    assert event.id != seen
    assert "another" in event.html, "the next event is what is new"


@pytest.mark.parametrize("seen", ["", "1.0.1.0", "99.9.9.9", "x", "\u00e9" * 50])
def test_a_reader_who_comes_with_another_state_is_sent_the_whole_of_it(school, passed, failed, listen, seen):
    _, job_id = school.hand_in(school.ada)
    school.record(school.start(job_id), passed, replace(failed, name="another"))
    state = listen(since=seen).next()
    assert "step-goes-down" in state.html
    assert "another" in state.html


def test_a_reader_who_was_ahead_of_the_watcher_is_not_sent_the_same_again(monkeypatch):
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.01)
    watched = watching.Watched(1)
    watched.update(Progress(JobStatus.RUNNING, 1, 3), None)
    ahead = watching.Fragment(1, Progress(JobStatus.RUNNING, 1, 4), "four checks")
    events = live._events(watched, "student", lambda: ahead, "1.1.0.4")
    assert next(events).startswith("retry")
    assert next(events).startswith("event: beat\nid: 1.1.0.4\n")
    watched.update(ahead.progress, None)
    assert next(events).startswith("event: beat\nid: 1.1.0.4\n")


def test_the_page_itself_is_the_first_state_that_its_stream_does_not_repeat(school, listen):
    _, job_id = school.hand_in(school.ada)
    page = school.visit("ada").get("/submissions/1").text
    state = page.partition('data-state="')[2].partition('"')[0]
    stream = listen(since=state)
    school.start(job_id)
    assert "Being graded" in stream.next().html


def test_what_the_browser_saw_last_counts_more_than_the_address_it_began_with(school, listen):
    _, _job_id = school.hand_in(school.ada)
    stream = listen(since="1.0.1.0", seen="1.7.7.7")
    assert "Waiting for a grader" in stream.next().html


def test_who_saw_the_end_is_told_the_end_without_it(school, passed, listen):
    school.graded(school.ada, [passed])
    first = listen().next()
    (event,) = listen(seen=first.id)
    assert (event.name, event.id) == ("done", first.id)
    assert "html" not in event.said


def test_the_place_in_the_line_is_told_when_it_changes_and_not_twice(school, listen):
    _, ahead = school.hand_in(school.bob)
    school.hand_in(school.ada)
    with school.database.transaction() as session:
        worker_seen(session, "w", ["cpu"], threads={"cpu": 1}, now=now())
    first = listen(path="/submissions/2/events")
    place = first.next("place")
    assert place.said["waiting"] == "1 submission is ahead of yours."
    assert place.said["id"] == "2.0.1.0", "the state that the page shows, by which it knows that the words belong to it"
    first.close()
    again = listen(path="/submissions/2/events", seen=place.id)
    school.start(ahead)
    event = again.next("check", "place")
    assert (event.name, event.said["waiting"]) == ("place", "Yours is next.")


def test_a_long_wait_has_heartbeats_and_an_end(school, monkeypatch, listen):
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 0.05)
    school.hand_in(school.ada)
    stream = listen()
    state = stream.next("check")
    place = stream.next("place")
    beat = stream.next("beat")
    assert beat.id == place.id
    assert beat.id.startswith(f"{state.id}+")
    assert "html" not in beat.said
    monkeypatch.setattr(live, "MAX_SECONDS", 0)
    assert list(stream) == []


def test_a_quiz_is_live_too(school, listen):
    attempt_id, job_id = school.answer(school.ada, {"which": "a"})
    stream = listen(path=f"/quiz-attempts/{attempt_id}/events")
    assert "being scored" in stream.next().html
    assert "No worker is there" in stream.next("place").said["waiting"]
    school.score(job_id, attempt_id, {"which": 1})
    event = stream.next()
    assert event.name == "done"
    assert "1 of 8 points" in event.html


def test_readers_of_one_job_share_what_is_rendered_but_staff_and_students_do_not(school, passed, failed, listen):
    _, job_id = school.hand_in(school.ada)
    taken = school.start(job_id)
    school.record(taken, passed, failed)
    readers = [listen("ada"), listen("ada"), listen("iris")]
    mine, mine_too, staff = (stream.next() for stream in readers)
    assert mine.html == mine_too.html
    assert "0.31337" in staff.html
    assert "0.31337" not in mine.html
    assert {event.id for event in (mine, mine_too, staff)} == {mine.id}


def test_one_person_cannot_take_all_streams(school, listen, monkeypatch):
    monkeypatch.setattr(watching, "MAX_STREAMS_OF_ONE", 2)
    school.hand_in(school.ada)
    held = [listen("ada"), listen("ada")]
    refused = school.visit("ada").get("/submissions/1/events")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
    assert "You have very many pages open" in refused.text
    listen("iris")
    held[0].close()
    listen("ada")


def test_a_full_portal_says_so_and_the_page_can_still_ask(school, listen, monkeypatch):
    monkeypatch.setattr(watching, "MAX_STREAMS", 1)
    school.hand_in(school.ada)
    listen("ada")
    assert school.visit("iris").get("/submissions/1/events").status_code == 503
    assert "Waiting for a grader" in school.visit("iris").get("/submissions/1/result").json["html"]


def test_a_stream_that_cannot_read_its_job_ends_and_says_so_in_the_log(school, listen, caplog, monkeypatch):
    school.hand_in(school.ada)
    stream = listen()

    def fails(*_):
        raise OperationalError("SELECT", {}, Exception("no"))

    monkeypatch.setattr("webapp.submissions.submission_by_id", fails)
    assert list(stream) == []
    assert "a page has to come again: the database did not answer (OperationalError)" in caplog.text


def test_a_page_that_asks_is_answered_with_what_it_has_not_seen(school, passed):
    _, job_id = school.hand_in(school.ada)
    client = school.visit("ada")
    first = client.get("/submissions/1/result").json
    assert "Waiting for a grader" in first["html"]
    assert first["waiting"].startswith("No worker is there at the moment")
    same = client.get("/submissions/1/result", query_string={"since": first["id"]}).json
    assert "html" not in same
    assert (same["id"], same["isDone"]) == (first["id"], False)
    school.finish(school.start(job_id), [passed])
    last = client.get("/submissions/1/result", query_string={"since": first["id"]}).json
    assert last["isDone"]
    assert last["waiting"] == ""
    assert "6 of 15 points" in last["html"]


def test_a_quizs_page_can_ask_too(school):
    attempt_id, _job_id = school.answer(school.ada, {"which": "a"})
    assert "being scored" in school.visit("ada").get(f"/quiz-attempts/{attempt_id}/result").json["html"]
    assert school.visit("bob").get(f"/quiz-attempts/{attempt_id}/result").status_code == 404


def test_other_students_are_told_nothing(school):
    school.hand_in(school.ada)
    assert school.visit("bob").get("/submissions/1/result").status_code == 404
    assert school.visit("bob").get("/submissions/1/events").status_code == 404
    assert school.app.extensions["gradescent"].watcher.streams == 0
