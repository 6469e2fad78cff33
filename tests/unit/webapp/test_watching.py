"""The one watcher of all open pages."""

from __future__ import annotations

import time
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from grader.domain.verdict import JobStatus
from grader.store.standing import Progress
from grader.store.tables import GradingJob
from webapp import watching
from webapp.watching import Fragment, TooManyStreams, Watched, Watcher

LONG = 60.0


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(watching, "QUICK_SECONDS", 0.01)
    monkeypatch.setattr(watching, "SILENT_SECONDS", 0.01)


@pytest.fixture
def watcher(database):
    made = Watcher(database, timedelta(seconds=15))
    yield made
    made.close()


def until(holds):
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.005)


def read(watched):
    """Wait until the watcher has read a job, and return what it read."""
    until(lambda: watched.progress is not None)
    return watched.progress


def test_only_those_who_watch_the_job_that_moved_are_woken(school, watcher):
    jobs = [school.hand_in(school.ada)[1], school.hand_in(school.bob)[1]]
    for job_id in jobs:
        school.start(job_id)  # so that neither has a place in the line
    moving, still = (watcher.open(job_id, 1)[0] for job_id in jobs)
    assert read(moving) == read(still) == Progress(JobStatus.RUNNING, 1, 0)
    before = moving.version, still.version
    with school.database.transaction() as session:
        session.get_one(GradingJob, jobs[0]).status = JobStatus.GRADED
    moving.wait_beyond(before[0], LONG)
    assert moving.progress.is_final
    assert (moving.version, still.version) == (before[0] + 1, before[1])


def test_a_place_in_the_line_is_watched_too(school, watcher, monkeypatch):
    monkeypatch.setattr(watching, "LINE_SECONDS", 0.01)
    ahead, job_id = school.hand_in(school.ada)[1], school.hand_in(school.bob)[1]
    watched, _ = watcher.open(job_id, 1)
    until(lambda: watched.place is not None)
    assert watched.place.ahead == 1
    school.start(ahead)
    until(lambda: watched.place.ahead == 0)


def test_all_jobs_are_read_by_one_query(school, watcher, monkeypatch):
    asked = []

    def counted(session, job_ids):
        asked.append(sorted(job_ids))
        return {job_id: Progress(JobStatus.RUNNING, 1, 0) for job_id in job_ids}

    monkeypatch.setattr(watching, "progress", counted)
    opened = [watcher.open(job_id, 1)[0] for job_id in (3, 5, 5, 8)]
    for watched in opened:
        read(watched)
    until(lambda: [3, 5, 8] in asked)
    assert opened[1] is opened[2]


def test_who_left_is_forgotten_and_the_watcher_rests_when_nobody_is_there(school, watcher):
    _, job_id = school.hand_in(school.ada)
    (first, leave_first), (second, leave_second) = watcher.open(job_id, 1), watcher.open(job_id, 2)
    assert first is second
    leave_first()
    leave_first()  # a server may say it twice
    assert watcher.streams == 1
    assert watcher._watched == {job_id: first}
    leave_second()
    assert watcher.streams == 0
    assert watcher._watched == {}
    until(lambda: watcher._thread is None)
    again, _ = watcher.open(job_id, 1)
    assert again is not first
    assert read(again).status is JobStatus.QUEUED


def test_a_client_that_vanishes_leaves_nothing_behind(school):
    school.hand_in(school.ada)
    watcher = school.app.extensions["gradescent"].watcher
    client = school.visit("ada")
    for has_read in (True, False):
        answer = client.get("/submissions/1/events")
        assert watcher.streams == 1
        if has_read:
            next(iter(answer.response))
        answer.close()
        assert watcher.streams == 0
    client.head("/submissions/1/events").close()
    assert watcher.streams == 0


def test_a_database_that_fails_is_told_once_and_survived(school, watcher, monkeypatch, caplog):
    _, job_id = school.hand_in(school.ada)
    failures = []
    real = watching.progress

    def fails(*arguments):
        failures.append(1)
        if len(failures) < 5:
            raise OperationalError("SELECT", {}, Exception("the disk is gone"))
        return real(*arguments)

    monkeypatch.setattr(watching, "progress", fails)
    watched, _ = watcher.open(job_id, 1)
    assert read(watched).status is JobStatus.QUEUED
    assert caplog.text.count("open pages stand still: the database did not answer (OperationalError)") == 1
    assert caplog.text.count("open pages go on: the database answers again") == 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_after_a_fault_of_the_watcher_streams_end_and_the_next_has_a_fresh_one(school, watcher, monkeypatch):
    _, job_id = school.hand_in(school.ada)

    def fails(*_):
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(watching, "progress", fails)
        watched, leave = watcher.open(job_id, 1)
        watched.wait_beyond(watched.version, LONG)
        assert watched.has_ended
        until(lambda: watcher._thread is None)
    again, _ = watcher.open(job_id, 1)
    leave()
    assert read(again).status is JobStatus.QUEUED
    assert watcher._watched == {job_id: again}


def test_a_job_that_is_not_there_any_more_has_no_progress(school, watcher):
    _, job_id = school.hand_in(school.ada)
    watched, _ = watcher.open(job_id, 1)
    read(watched)
    with school.database.transaction() as session:
        session.execute(delete(GradingJob))
    until(lambda: watched.progress is None)


def test_closing_ends_all_streams_and_lets_no_other_begin(school, watcher):
    _, job_id = school.hand_in(school.ada)
    watched, leave = watcher.open(job_id, 1)
    waiting = Thread(target=watched.wait_beyond, args=(watched.version + 1000, LONG))
    waiting.start()
    watcher.close()
    waiting.join(LONG)
    assert watched.has_ended
    leave()
    with pytest.raises(TooManyStreams):
        watcher.open(job_id, 1)


def test_a_portal_that_stops_ends_the_streams_of_its_pages(school):
    school.hand_in(school.ada)
    answer = school.visit("ada").get("/submissions/1/events")
    blocks = iter(answer.response)
    assert next(blocks).startswith(b"retry")
    school.app.extensions["gradescent"].watcher.close()
    list(blocks)
    answer.close()


def test_people_have_their_share_of_the_streams_and_the_portal_has_an_end(watcher, monkeypatch):
    monkeypatch.setattr(watching, "MAX_STREAMS_OF_ONE", 2)
    monkeypatch.setattr(watching, "MAX_STREAMS", 3)
    leaves = [watcher.open(job_id, 1)[1] for job_id in (1, 2)]
    with pytest.raises(TooManyStreams, match="You have very many pages open"):
        watcher.open(3, 1)
    watcher.open(1, 2)
    with pytest.raises(TooManyStreams, match="Very many pages are open"):
        watcher.open(1, 3)
    leaves[0]()
    watcher.open(3, 1)


def progress_with(checks):
    return Progress(JobStatus.RUNNING, 1, checks)


def test_a_fragment_is_made_once_for_each_audience_and_state():
    watched, made = Watched(7), []

    def render(checks):
        def make():
            made.append(checks)
            return Fragment(7, progress_with(checks), f"{checks} checks")

        return make

    for audience in ("student", "student", "staff"):
        assert watched.fragment(audience, progress_with(1), render(1)).html == "1 checks"
    assert made == [1, 1]
    assert watched.fragment("student", progress_with(2), render(3)).html == "3 checks", "it may be further by then"
    assert watched.fragment("student", progress_with(3), render(4)).html == "3 checks"
    assert made == [1, 1, 3]
