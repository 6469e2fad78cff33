"""Where things stand: what pages ask of the store again and again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Plan
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus, Verdict
from grader.store.jobs import claim, finish, finish_comparison, record_checks
from grader.store.quizzes import submit_answers
from grader.store.standing import (
    Progress,
    StageProgress,
    Standing,
    counted_attempts,
    progress,
    progress_of,
    same_request,
    standings,
    unfinished_answers_twin,
)
from grader.store.submissions import submit
from grader.store.tables import GradingJob

LEASE = timedelta(minutes=1)
LATER = timedelta(minutes=5)
FILE = SourceFile("adaptive.py", b"x = 1")
CHECK = CheckResult(
    name="first", task="3.1", verdict=Verdict.ACCEPTED, points=1, max_points=1, visibility=Visibility.VISIBLE
)


def test_a_jobs_progress_changes_with_each_step(database, student, now):
    seen = []

    def look(job_id):
        with database.reading() as session:
            seen.append(progress(session, [job_id])[job_id])

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


def test_the_progress_of_both_stages_is_told_and_final_when_both_are(database, student, now):
    report = Report(exercise="adaptive", checks=(CHECK,), tier="process", seed=1, suite_version="1", seconds=0.1)
    seen = []

    def look():
        with database.reading() as session:
            seen.append(progress(session, [job_id])[job_id])

    with database.transaction() as session:
        job_id = submit(session, student, "adaptive", [FILE], seed=1, now=now).id
        taken = claim(session, job_id, now=now, lease=LEASE)
        following = finish(session, taken, report, now=now, comparison=Plan(points=5))
    look()
    with database.transaction() as session:
        taken = claim(session, following.id, now=now, lease=LEASE)
        record_checks(session, taken, [CHECK], now=now, lease=LEASE)
    look()
    with database.transaction() as session:
        finish_comparison(session, taken, ComparisonReport(max_points=5), now=now)
    look()
    graded = (JobStatus.GRADED, 1, 1)
    assert seen == [
        Progress(*graded, StageProgress(JobStatus.QUEUED, 0, 0)),
        Progress(*graded, StageProgress(JobStatus.RUNNING, 1, 1)),
        Progress(*graded, StageProgress(JobStatus.GRADED, 1, 0)),
    ]
    assert [step.is_final for step in seen] == [False, False, True]


@pytest.mark.parametrize("status", JobStatus)
def test_without_a_comparison_the_checks_end_is_the_end(status):
    assert Progress(status, 1, 1).is_final == status.is_final


def test_a_submission_whose_comparison_runs_still_waits(database, student, now):
    report = Report(exercise="adaptive", checks=(CHECK,), tier="process", seed=1, suite_version="1", seconds=0.1)
    with database.transaction() as session:
        job = submit(session, student, "adaptive", [FILE], seed=1, now=now)
        taken = claim(session, job.id, now=now, lease=LEASE)
        following = finish(session, taken, report, now=now, comparison=Plan(points=5))
    with database.transaction() as session:
        assert standings(session, student) == {"adaptive": Standing(1, True)}
        assert same_request(session, student, "adaptive", [FILE], None, now=now + LATER).id == job.submission_id
        taken = claim(session, following.id, now=now, lease=LEASE)
        finish_comparison(session, taken, ComparisonReport(max_points=5), now=now)
    with database.transaction() as session:
        assert standings(session, student) == {"adaptive": Standing(1, False)}
        assert same_request(session, student, "adaptive", [FILE], None, now=now + LATER) is None


def test_standings_count_attempts_and_tell_what_waits(database, student, now):
    with database.transaction() as session:
        for slug in ("adaptive", "adaptive", "momentum"):
            submit(session, student, slug, [FILE], seed=1, now=now)
    with database.reading() as session:
        assert standings(session, student) == {"adaptive": Standing(2, True), "momentum": Standing(1, True)}


def test_the_last_submission_is_the_same_request_while_it_waits_with_the_same_files(database, student, now):
    later = now + LATER
    with database.transaction() as session:
        job = submit(session, student, "adaptive", [FILE], seed=1, now=now)
        assert same_request(session, student, "adaptive", [FILE], None, now=later).id == job.submission_id
        assert same_request(session, student, "adaptive", [SourceFile("adaptive.py", b"y")], None, now=later) is None
        assert same_request(session, student, "momentum", [FILE], None, now=later) is None
        job.status = JobStatus.GRADED
        session.flush()
        assert same_request(session, student, "adaptive", [FILE], None, now=later) is None


@pytest.mark.parametrize(
    ("status", "is_same"), [(JobStatus.GRADED, True), (JobStatus.FAILED, False), (JobStatus.CANCELLED, False)]
)
def test_what_was_graded_in_a_moment_is_still_the_same_click(database, student, now, status, is_same):
    with database.transaction() as session:
        job = submit(session, student, "adaptive", [FILE], seed=1, now=now)
        job.status = status
        session.flush()
        found = same_request(session, student, "adaptive", [FILE], None, now=now + timedelta(seconds=2))
    assert (found is not None) is is_same


def test_a_form_that_is_sent_again_is_the_same_request_whatever_became_of_it(database, student, now):
    with database.transaction() as session:
        job = submit(session, student, "adaptive", [FILE], seed=1, now=now, request_key="k" * 16)
        job.status = JobStatus.FAILED
        session.flush()
        other = [SourceFile("adaptive.py", b"y")]
        assert same_request(session, student, "adaptive", other, "k" * 16, now=now + LATER).id == job.submission_id
        assert same_request(session, student, "adaptive", other, "l" * 16, now=now + LATER) is None


def test_the_database_takes_a_key_of_a_form_once(database, student, now):
    with database.transaction() as session:
        submit(session, student, "adaptive", [FILE], seed=1, now=now, request_key="k" * 16)
    with pytest.raises(IntegrityError), database.transaction() as session:
        submit(session, student, "adaptive", [FILE], seed=1, now=now, request_key="k" * 16)


@pytest.mark.parametrize(
    ("status", "counts"), [(status, status not in (JobStatus.FAILED, JobStatus.CANCELLED)) for status in JobStatus]
)
def test_what_was_not_graded_uses_up_no_attempt(database, student, now, status, counts):
    with database.transaction() as session:
        submit(session, student, "adaptive", [FILE], seed=1, now=now).status = status
        submit(session, student, "momentum", [FILE], seed=1, now=now)
        session.flush()
        assert counted_attempts(session, student, "adaptive") == ([now] if counts else [])


def test_only_unscored_answers_that_are_the_same_are_a_twin(database, student, now):
    with database.transaction() as session:
        job = submit_answers(session, student, "adaptive", {"a": ["x", "y"]}, allowed=3, now=now)
        assert unfinished_answers_twin(session, student, "adaptive", {"a": ["x", "y"]}).id == job.quiz_attempt_id
        assert unfinished_answers_twin(session, student, "adaptive", {"a": ["x"]}) is None
        job.status = JobStatus.GRADED
        session.flush()
        assert unfinished_answers_twin(session, student, "adaptive", {"a": ["x", "y"]}) is None


def test_every_step_of_a_job_is_newer_than_the_one_before():
    stage = StageProgress
    steps = [
        Progress(JobStatus.QUEUED, 0, 0),
        Progress(JobStatus.RUNNING, 1, 0),
        Progress(JobStatus.RUNNING, 1, 3),
        Progress(JobStatus.QUEUED, 1, 3),  # put back after a fault
        Progress(JobStatus.RUNNING, 2, 0),
        Progress(JobStatus.GRADED, 2, 4),
        Progress(JobStatus.GRADED, 2, 4, stage(JobStatus.QUEUED, 0, 0)),
        Progress(JobStatus.GRADED, 2, 4, stage(JobStatus.RUNNING, 1, 2)),
        Progress(JobStatus.GRADED, 2, 4, stage(JobStatus.FAILED, 1, 2)),
    ]
    orders = [step.order for step in steps]
    assert orders == sorted(set(orders))


def test_many_jobs_are_asked_for_at_once_and_one_that_is_not_there_is_left_out(database, student, now):
    with database.transaction() as session:
        ids = [submit(session, student, "adaptive", [FILE], seed=1, now=now).id for _ in range(3)]
        claim(session, ids[1], now=now, lease=LEASE)
    with database.reading() as session:
        found = progress(session, [*ids, 99])
    assert {job_id: step.status for job_id, step in found.items()} == {
        ids[0]: JobStatus.QUEUED,
        ids[1]: JobStatus.RUNNING,
        ids[2]: JobStatus.QUEUED,
    }


def test_a_loaded_job_is_as_far_as_the_query_says(database, student, now):
    report = Report(exercise="adaptive", checks=(CHECK,), tier="process", seed=1, suite_version="1", seconds=0.1)
    with database.transaction() as session:
        job_id = submit(session, student, "adaptive", [FILE], seed=1, now=now).id
        taken = claim(session, job_id, now=now, lease=LEASE)
        following = finish(session, taken, report, now=now, comparison=Plan(points=5))
        taken = claim(session, following.id, now=now, lease=LEASE)
        record_checks(session, taken, [CHECK], now=now, lease=LEASE)
    with database.reading() as session:
        assert progress_of(session.get_one(GradingJob, job_id)) == progress(session, [job_id])[job_id]
