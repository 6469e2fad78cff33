"""Where things stand: what pages ask of the store again and again."""

from __future__ import annotations

from datetime import timedelta

from grader.domain.check import CheckResult, Visibility
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus, Verdict
from grader.store.jobs import claim, finish, record_checks
from grader.store.quizzes import submit_answers
from grader.store.standing import (
    Progress,
    Standing,
    progress,
    standings,
    unfinished_answers_twin,
    unfinished_twin,
)
from grader.store.submissions import submit

LEASE = timedelta(minutes=1)
FILE = SourceFile("adaptive.py", b"x = 1")
CHECK = CheckResult(
    name="first", task="3.1", verdict=Verdict.ACCEPTED, points=1, max_points=1, visibility=Visibility.VISIBLE
)


def test_a_jobs_progress_changes_with_each_step(database, student, now):
    seen = []

    def look(job_id):
        with database.reading() as session:
            seen.append(progress(session, job_id))

    with database.transaction() as session:
        job_id = submit(session, student, "adaptive", [FILE], seed=1, now=now).id
    look(job_id)
    with database.transaction() as session:
        taken = claim(session, job_id, now=now, lease=LEASE)
    look(job_id)
    with database.transaction() as session:
        record_checks(session, taken, [CHECK], now=now, lease=LEASE)
    look(job_id)
    with database.transaction() as session:
        report = Report(exercise="adaptive", checks=(CHECK,), tier="process", seed=1, suite_version="1", seconds=0.1)
        finish(session, taken, report, now=now)
    look(job_id)
    assert seen == [
        Progress(JobStatus.QUEUED, 0, 0),
        Progress(JobStatus.RUNNING, 1, 0),
        Progress(JobStatus.RUNNING, 1, 1),
        Progress(JobStatus.GRADED, 1, 1),
    ]


def test_standings_count_attempts_and_tell_what_waits(database, student, now):
    with database.transaction() as session:
        for slug in ("adaptive", "adaptive", "momentum"):
            submit(session, student, slug, [FILE], seed=1, now=now)
    with database.reading() as session:
        assert standings(session, student) == {"adaptive": Standing(2, True), "momentum": Standing(1, True)}


def test_only_the_last_unfinished_submission_with_the_same_files_is_a_twin(database, student, now):
    with database.transaction() as session:
        job = submit(session, student, "adaptive", [FILE], seed=1, now=now)
        assert unfinished_twin(session, student, "adaptive", [FILE]).id == job.submission_id
        assert unfinished_twin(session, student, "adaptive", [SourceFile("adaptive.py", b"y")]) is None
        assert unfinished_twin(session, student, "momentum", [FILE]) is None
        job.status = JobStatus.GRADED
        session.flush()
        assert unfinished_twin(session, student, "adaptive", [FILE]) is None


def test_only_unscored_answers_that_are_the_same_are_a_twin(database, student, now):
    with database.transaction() as session:
        job = submit_answers(session, student, "adaptive", {"a": ["x", "y"]}, allowed=3, now=now)
        assert unfinished_answers_twin(session, student, "adaptive", {"a": ["x", "y"]}).id == job.quiz_attempt_id
        assert unfinished_answers_twin(session, student, "adaptive", {"a": ["x"]}) is None
        job.status = JobStatus.GRADED
        session.flush()
        assert unfinished_answers_twin(session, student, "adaptive", {"a": ["x", "y"]}) is None
