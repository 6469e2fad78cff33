"""The second stage of a grading: a job of its own that completes the score of the first, and never touches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.exc import IntegrityError

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Device, Plan, Stage
from grader.domain.errors import LeaseLost
from grader.domain.misconception import Misconception
from grader.domain.picture import Band, Mark, Picture, Role, Series, Surface
from grader.domain.queues import Queue
from grader.domain.quiz import AnswerScore
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus, Verdict
from grader.store import jobs
from grader.store.database import Database
from grader.store.jobs import MAX_TRIES, Claim
from grader.store.quizzes import submit_answers
from grader.store.submissions import history, recent, submission_by_id, submit
from grader.store.tables import CheckRow, ComparisonDetails, GradingJob, User

LEASE = timedelta(seconds=15)
PLAN = Plan(points=10.0, device=Device.AUTO)
CHECK = CheckResult(
    name="adam-first-step",
    task="3.3",
    verdict=Verdict.ACCEPTED,
    points=4.0,
    max_points=4.0,
    visibility=Visibility.HIDDEN,
)
REPORT = Report(exercise="adaptive", checks=(CHECK,), tier="namespaces", seed=7, suite_version="v1", seconds=0.2)
PICTURE = Picture(
    name="loss",
    check="same-curve",
    task="3.3",
    title="Loss",
    caption="Yours stays above.",
    x_label="step",
    y_label="loss",
    log_y=True,
    series=(Series.of("yours", Role.YOURS, [2.0, float("nan"), 0.5]),),
    band=Band.of("PyTorch", [1.0, 0.5, 0.1], [2.0, 1.0, 0.4]),
    surface=Surface(x=(0.0, 1.0), y=(0.0, 1.0), rows=((0.0, 1.0), (1.0, 2.0)), levels=(0.5,)),
    marks=(Mark(x=1.0, words="the first step that differs"),),
)
COMPARED = ComparisonReport(
    max_points=10.0,
    checks=(replace(CHECK, name="same-curve", verdict=Verdict.WRONG_ANSWER, points=3.0, max_points=10.0),),
    pictures=(PICTURE,),
    misconceptions=(Misconception("no-correction", "You forgot it.", "3.3"),),
    device="CPU",
    notes=("No GPU worker was there.",),
    tier="namespaces",
    suite_version="v1",
    seconds=2.5,
)

Checked = Callable[[], int]


@pytest.fixture
def checked(database: Database, student: User, now: datetime) -> Checked:
    """Hands in, finishes the checks, and returns the id of the checks' job."""

    def make() -> int:
        with database.transaction() as session:
            job_id = submit(session, student, "adaptive", [SourceFile("adaptive.py", b"x")], seed=7, now=now).id
        finish(database, job_id, now)
        return job_id

    return make


def finish(database: Database, job_id: int, now: datetime, report: Report = REPORT) -> GradingJob | None:
    claim = must_take(database, job_id, now)
    with database.transaction() as session:
        return jobs.finish(session, claim, report, now=now, comparison=PLAN)


def must_take(database: Database, job_id: int, now: datetime) -> Claim:
    with database.transaction() as session:
        claim = jobs.claim(session, job_id, now=now, lease=LEASE)
    assert claim is not None
    return claim


def compare(database: Database, checks_id: int, now: datetime, report: ComparisonReport = COMPARED) -> Claim:
    claim = must_take(database, comparison_of(database, checks_id).id, now)
    with database.transaction() as session:
        jobs.finish_comparison(session, claim, report, now=now)
    return claim


def fail(database: Database, checks_id: int, now: datetime) -> None:
    for _ in range(MAX_TRIES):
        claim = must_take(database, comparison_of(database, checks_id).id, now)
        with database.transaction() as session:
            jobs.put_back(session, claim, "the sandbox did not start", now=now)


def comparison_of(database: Database, checks_id: int) -> GradingJob:
    with database.reading() as session:
        return session.scalars(select(GradingJob).where(GradingJob.checks_job_id == checks_id)).one()


def read(database: Database, checks_id: int) -> GradingJob:
    """The checks' job as a page reads it, with all that belongs to it."""
    with database.reading() as session:
        submission_id = session.get_one(GradingJob, checks_id).submission_id
        assert submission_id is not None
        found = submission_by_id(session, submission_id)
    assert found is not None
    return found.jobs[-1]


def test_the_checks_verdict_and_the_comparisons_job_are_stored_together(
    database: Database, checked: Checked, now: datetime
) -> None:
    job = read(database, checked())
    assert (job.status, job.points) == (JobStatus.GRADED, 4.0)
    following = job.comparison
    assert following is not None
    assert (following.stage, following.status, following.sent_at) == (Stage.COMPARISON, JobStatus.QUEUED, None)
    assert (following.submission_id, following.seed) == (job.submission_id, 7)
    assert (following.max_points, following.device) == (10.0, Device.AUTO)


def test_the_job_that_follows_is_handed_to_the_caller_who_sends_it(
    database: Database, student: User, now: datetime
) -> None:
    with database.transaction() as session:
        job_id = submit(session, student, "adaptive", [SourceFile("adaptive.py", b"x")], seed=7, now=now).id
    following = finish(database, job_id, now)
    assert following is not None and following.id == comparison_of(database, job_id).id


@pytest.mark.parametrize("planned", [True, False])
def test_nothing_follows_without_a_plan_or_where_no_check_could_run(
    database: Database, student: User, now: datetime, planned: bool
) -> None:
    report = replace(REPORT, failure=Verdict.COMPILE_ERROR, checks=()) if planned else REPORT
    with database.transaction() as session:
        job_id = submit(session, student, "adaptive", [SourceFile("adaptive.py", b"x")], seed=7, now=now).id
    claim = must_take(database, job_id, now)
    with database.transaction() as session:
        assert jobs.finish(session, claim, report, now=now, comparison=PLAN if planned else None) is None
    job = read(database, job_id)
    assert job.comparison is None and job.is_complete
    assert jobs.report_of(job, "adaptive") == report


def test_the_whole_report_is_written_once_and_read_back(database: Database, checked: Checked, now: datetime) -> None:
    checks_id = checked()
    claim = compare(database, checks_id, now)
    assert jobs.report_of(read(database, checks_id), "adaptive") == replace(REPORT, comparison=COMPARED)
    with pytest.raises(LeaseLost), database.transaction() as session:
        jobs.finish_comparison(session, claim, COMPARED, now=now)


def test_the_score_is_complete_when_both_stages_are(database: Database, checked: Checked, now: datetime) -> None:
    checks_id = checked()
    job = read(database, checks_id)
    assert (job.is_complete, job.total_points, job.overall_verdict) == (False, 4.0, Verdict.ACCEPTED)
    compare(database, checks_id, now)
    job = read(database, checks_id)
    assert (job.is_complete, job.total_points, job.overall_verdict) == (True, 7.0, Verdict.WRONG_ANSWER)
    assert (job.points, job.verdict) == (4.0, Verdict.ACCEPTED), "what the checks gave stays"


def test_a_comparison_that_runs_shows_what_it_has_found_so_far(
    database: Database, checked: Checked, now: datetime
) -> None:
    checks_id = checked()
    claim = must_take(database, comparison_of(database, checks_id).id, now)
    with database.transaction() as session:
        jobs.record_checks(session, claim, COMPARED.checks, now=now, lease=LEASE)
    so_far = jobs.report_of(read(database, checks_id), "adaptive").comparison
    assert so_far == ComparisonReport(max_points=10.0, checks=COMPARED.checks)


def test_a_comparison_that_fails_each_time_fails_alone(database: Database, checked: Checked, now: datetime) -> None:
    checks_id = checked()
    fail(database, checks_id, now)
    job = read(database, checks_id)
    assert (job.status, job.points, job.tries) == (JobStatus.GRADED, 4.0, 1)
    assert (job.is_complete, job.total_points, job.overall_verdict) == (True, 4.0, Verdict.INTERNAL_ERROR)
    assert jobs.report_of(job, "adaptive").comparison == ComparisonReport(max_points=10.0)


def test_a_comparison_whose_message_was_lost_is_found_by_the_sweeper(
    database: Database, checked: Checked, now: datetime
) -> None:
    checks_id = checked()
    with database.transaction() as session:
        found = [job.id for job in jobs.sweep(session, now=now, resend_after=LEASE)]
    assert found == [comparison_of(database, checks_id).id], "the graded checks are left alone"


def test_a_dead_workers_comparison_begins_anew(database: Database, checked: Checked, now: datetime) -> None:
    checks_id = checked()
    dead = must_take(database, comparison_of(database, checks_id).id, now)
    with database.transaction() as session:
        jobs.record_checks(session, dead, COMPARED.checks, now=now, lease=LEASE)
    compare(database, checks_id, now + 2 * LEASE)
    with pytest.raises(LeaseLost), database.transaction() as session:
        jobs.finish_comparison(session, dead, COMPARED, now=now)
    assert jobs.report_of(read(database, checks_id), "adaptive").comparison == COMPARED


def test_of_two_that_claim_at_the_same_time_one_gets_it(database: Database, checked: Checked, now: datetime) -> None:
    job_id = comparison_of(database, checked()).id
    start, claims = Barrier(4), []

    def take() -> None:
        start.wait()
        with database.transaction() as session:
            claims.append(jobs.claim(session, job_id, now=now, lease=LEASE))

    threads = [Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([claim for claim in claims if claim is not None]) == 1


def test_checks_have_one_comparison_at_most(database: Database, checked: Checked, now: datetime) -> None:
    job = read(database, checked())
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(
            GradingJob(
                stage=Stage.COMPARISON, checks_job_id=job.id, submission_id=job.submission_id, seed=7, created_at=now
            )
        )


@pytest.mark.parametrize("stage", Stage)
def test_comparisons_alone_follow_checks(database: Database, checked: Checked, now: datetime, stage: Stage) -> None:
    job = read(database, checked())
    follows = None if stage is Stage.COMPARISON else job.id
    with pytest.raises(IntegrityError, match="comparison_follows_checks"), database.transaction() as session:
        session.add(
            GradingJob(
                stage=stage,
                checks_job_id=follows,
                submission_id=job.submission_id,
                seed=7,
                queue=Queue.CPU,
                order_at=now,
                created_at=now,
            )
        )


def test_lists_know_both_stages_and_leave_checks_and_pictures_where_they_are(
    database: Database, checked: Checked, student: User, now: datetime
) -> None:
    compare(database, checked(), now)
    with database.reading() as session:
        (mine,), (anybodys,) = history(session, student, "adaptive"), recent(session, limit=5)
    for submission in (mine, anybodys):
        (job,) = submission.jobs
        assert job.total_points == 7.0 and job.comparison is not None
        assert "checks" in inspect(job).unloaded
        assert {"checks", "details"} <= inspect(job.comparison).unloaded


def test_a_quizs_job_is_complete_by_itself(database: Database, student: User, now: datetime) -> None:
    with database.transaction() as session:
        job = submit_answers(session, student, "adaptive", {"q": "a"}, allowed=1, now=now)
    claim = must_take(database, job.id, now)
    with database.transaction() as session:
        assert job.quiz_attempt_id is not None
        scores = [AnswerScore(question="q", points=1.0, max_points=1.0)]
        jobs.finish_quiz(session, claim, job.quiz_attempt_id, scores, now=now)
    with database.reading() as session:
        job = session.get_one(GradingJob, job.id)
    assert (job.is_complete, job.total_points, job.overall_verdict) == (True, 1.0, Verdict.ACCEPTED)


def test_nothing_of_a_comparison_is_stored_for_a_worker_that_lost_its_lease(
    database: Database, checked: Checked, now: datetime
) -> None:
    job_id = comparison_of(database, checked()).id
    slow = must_take(database, job_id, now)
    must_take(database, job_id, now + 2 * LEASE)
    with pytest.raises(LeaseLost), database.transaction() as session:
        jobs.finish_comparison(session, slow, COMPARED, now=now)
    with database.reading() as session:
        assert session.scalars(select(ComparisonDetails)).all() == []
        assert session.scalars(select(CheckRow).where(CheckRow.job_id == job_id)).all() == []
