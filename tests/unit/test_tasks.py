"""What a worker does with a job, with a grader that does as it is told: faults, lost leases, duplicates."""

from __future__ import annotations

import itertools
import logging
import math
from datetime import UTC, datetime, timedelta
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from grader import tasks
from grader.domain.errors import GraderFault, JobInUse
from grader.domain.queues import Queue
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus, Verdict
from grader.store import jobs
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.jobs import MAX_TRIES, Claim
from grader.store.quizzes import attempt_by_id, submit_answers
from grader.store.submissions import submit
from grader.store.tables import GradingJob, Role, Submission, User
from grader.tasks import JobRunner
from tests.unit.scripted_jobs import CODE, LEASE, PLAN, ScriptedGrader, comparison_id, job_id, job_of, runner_of

__all__ = ["comparison_id", "job_id"]


def test_a_job_is_graded_with_its_files_and_its_seed(database: Database, job_id: int) -> None:
    grader = ScriptedGrader()
    runner_of(database, grader).run(Queue.CPU)
    assert grader.graded == [("adaptive", [SourceFile("adaptive.py", CODE)], 7)]
    job = job_of(database, job_id)
    assert (job.status, job.verdict, job.points) == (JobStatus.GRADED, Verdict.ACCEPTED, 2.0)


def test_a_check_is_stored_while_the_next_one_still_runs(database: Database, job_id: int) -> None:
    seen: list[str] = []

    def look() -> None:
        deadline = monotonic() + 10
        while not seen and monotonic() < deadline:
            seen.extend(row.name for row in job_of(database, job_id).checks)

    grader = ScriptedGrader(look)
    runner_of(database, grader).run(Queue.CPU)
    assert seen == ["first"]


def test_a_message_that_comes_twice_is_graded_once(database: Database, job_id: int) -> None:
    grader = ScriptedGrader()
    runner = runner_of(database, grader)
    runner.run(Queue.CPU)
    runner.run(Queue.CPU)
    assert len(grader.graded) == 1


def held_at_first(monkeypatch: pytest.MonkeyPatch, times: float) -> None:
    """Let somebody else's transaction hold the only job that is free, for so many looks."""
    asked, claim_next = itertools.count(1), jobs.claim_next

    def claim(*args: Any, **kwargs: Any) -> Claim | None:
        if next(asked) <= times:
            raise JobInUse
        return claim_next(*args, **kwargs)

    monkeypatch.setattr(jobs, "claim_next", claim)
    monkeypatch.setattr(tasks, "_ASKS_AGAIN_SECONDS", 0.0)


def test_a_job_that_somebody_holds_for_a_moment_is_asked_for_again(
    database: Database, job_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_at_first(monkeypatch, times=3)
    runner_of(database, ScriptedGrader()).run(Queue.CPU)
    assert job_of(database, job_id).status is JobStatus.GRADED


def test_a_job_that_stays_held_is_left_to_the_sweeper(
    database: Database, job_id: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    held_at_first(monkeypatch, times=math.inf)
    with caplog.at_level(logging.WARNING):
        runner_of(database, ScriptedGrader()).run(Queue.CPU)
    assert job_of(database, job_id).status is JobStatus.QUEUED
    assert "a job of the queue cpu is left to the sweeper" in caplog.text


def test_a_message_for_a_job_that_is_being_graded_is_dropped(database: Database, job_id: int) -> None:
    grader = ScriptedGrader()
    runner = runner_of(database, grader)
    grader.happening = lambda: runner.run(Queue.CPU)
    runner.run(Queue.CPU)
    assert len(grader.graded) == 1


@pytest.mark.parametrize("fault", [GraderFault("the zygote ended"), RuntimeError("a bug"), KeyError("x")])
def test_a_fault_of_ours_puts_the_job_back_with_diagnostics(
    database: Database, job_id: int, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    def fail() -> None:
        raise fault

    runner_of(database, ScriptedGrader(fail)).run(Queue.CPU)
    job = job_of(database, job_id)
    assert (job.status, job.tries, job.verdict) == (JobStatus.QUEUED, 1, None)
    assert type(fault).__name__ in job.diagnostics and "Traceback" in job.diagnostics
    assert f"job {job_id}" in caplog.text and type(fault).__name__ in caplog.text


def test_a_fault_that_stays_becomes_an_internal_error_without_points(database: Database, job_id: int) -> None:
    def fail() -> None:
        raise GraderFault("the zygote ended")

    for _ in range(MAX_TRIES + 1):
        runner_of(database, ScriptedGrader(fail)).run(Queue.CPU)
    job = job_of(database, job_id)
    assert (job.status, job.verdict, job.points, job.tries) == (
        JobStatus.FAILED,
        Verdict.INTERNAL_ERROR,
        None,
        MAX_TRIES,
    )


@pytest.mark.parametrize("ends_in_a_fault", [False, True])
def test_a_worker_that_lost_its_lease_leaves_the_result_to_the_other(
    database: Database, job_id: int, caplog: pytest.LogCaptureFixture, ends_in_a_fault: bool
) -> None:
    def another_worker_takes_over() -> None:
        with database.transaction() as session:
            later = datetime.now(UTC) + 2 * LEASE
            assert jobs.claim(session, job_id, now=later, lease=LEASE) is not None
        if ends_in_a_fault:
            raise GraderFault("too late")

    runner_of(database, ScriptedGrader(another_worker_takes_over)).run(Queue.CPU)
    job = job_of(database, job_id)
    assert (job.status, job.verdict, job.tries, job.diagnostics) == (JobStatus.RUNNING, None, 2, "")
    assert "lease was lost" in caplog.text


def test_the_lease_is_renewed_while_the_grader_is_silent(database: Database, job_id: int) -> None:
    lease = timedelta(seconds=0.6)
    grader = ScriptedGrader(lambda: sleep(1.5))
    thief = ScriptedGrader()

    def try_to_steal() -> None:
        sleep(1.0)
        runner_of(database, thief, lease).run(Queue.CPU)
        sleep(0.5)

    grader.happening = try_to_steal
    runner_of(database, grader, lease).run(Queue.CPU)
    assert thief.graded == []
    assert job_of(database, job_id).status is JobStatus.GRADED


def test_a_quiz_is_scored_and_its_scores_written(database: Database, student: User, now: datetime) -> None:
    with database.transaction() as session:
        job = submit_answers(session, student, "adaptive", {"q1": "a", "q2": ["b"]}, allowed=1, now=now)
    runner_of(database, ScriptedGrader()).run(Queue.CPU)
    assert job.quiz_attempt_id is not None
    with database.reading() as session:
        attempt = attempt_by_id(session, job.quiz_attempt_id)
    assert attempt is not None
    assert (attempt.job.status, attempt.job.points, attempt.job.max_points) == (JobStatus.GRADED, 2.0, 4.0)
    assert [row.question for row in attempt.scores] == ["q1", "q2"]


def test_logs_name_job_and_submission_and_never_the_student_or_the_code(
    database: Database, job_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise GraderFault(f"while running {CODE.decode()}")

    with caplog.at_level(logging.DEBUG):
        runner_of(database, ScriptedGrader(fail)).run(Queue.CPU)
        runner_of(database, ScriptedGrader()).run(Queue.CPU)
    assert f"job {job_id}, submission {job_id}: accepted, 2 of 2 points" in caplog.text
    assert "SECRET_STUDENT_CODE" not in caplog.text and "ada" not in caplog.text.replace("adaptive", "")


def test_a_message_has_the_first_of_its_queue_graded_whatever_job_it_was_sent_for(
    database: Database, student: User, now: datetime
) -> None:
    with database.transaction() as session:
        other = create_user(session, "grace", "Grace Hopper", Role.STUDENT, "first-compiler", now)
        for user, content in ((student, b"1"), (student, b"2"), (student, b"3"), (other, b"4")):
            submit(session, user, "adaptive", [SourceFile("adaptive.py", content)], seed=0, now=now)
    grader = ScriptedGrader()
    runner = runner_of(database, grader)
    for _ in range(5):
        runner.run(Queue.CPU)
    assert [files[0].content for _, files, _ in grader.graded] == [b"3", b"4", b"2", b"1"]


def test_what_is_graded_again_waits_for_new_submissions(database: Database, job_id: int, student: User) -> None:
    grader = ScriptedGrader()
    runner = runner_of(database, grader)
    runner.run(Queue.CPU)
    again = graded_again(database, job_id)
    with database.transaction() as session:
        files = [SourceFile("adaptive.py", b"new")]
        submit(session, student, "adaptive", files, seed=0, now=datetime.now(UTC))
    regrading = Thread(target=runner.run, args=[Queue.REGRADE])
    regrading.start()
    sleep(0.7)
    assert len(grader.graded) == 1
    runner.run(Queue.CPU)
    regrading.join()
    assert [files[0].content for _, files, _ in grader.graded] == [CODE, b"new", CODE]
    assert job_of(database, again).status is JobStatus.GRADED


def test_a_worker_that_ends_does_not_wait_for_its_turn_to_grade_something_again(
    database: Database, job_id: int, student: User
) -> None:
    runner = runner_of(database, ScriptedGrader())
    runner.run(Queue.CPU)
    again = graded_again(database, job_id)
    with database.transaction() as session:
        submit(session, student, "adaptive", [SourceFile("adaptive.py", b"new")], seed=0, now=datetime.now(UTC))
    runner.stop()
    runner.run(Queue.REGRADE)
    assert job_of(database, again).status is JobStatus.QUEUED


def test_what_a_worker_found_of_a_cancelled_job_is_thrown_away(database: Database, job_id: int) -> None:
    def cancelled() -> None:
        with database.transaction() as session:
            jobs.cancel(session, submission_of(session, job_id), now=datetime.now(UTC), also_running=True)

    runner_of(database, ScriptedGrader(cancelled)).run(Queue.CPU)
    job = job_of(database, job_id)
    assert (job.status, job.verdict, job.points) == (JobStatus.CANCELLED, None, None)


def graded_again(database: Database, job_id: int) -> int:
    with database.transaction() as session:
        return jobs.grade_again(session, submission_of(session, job_id), now=datetime.now(UTC)).id


def submission_of(session: Session, job_id: int) -> Submission:
    submission = session.get_one(GradingJob, job_id).submission
    assert submission is not None
    return submission


def test_the_same_files_are_graded_and_compared_once(
    database: Database, student: User, job_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    grader = ScriptedGrader(plan=PLAN)
    runner = JobRunner(database, grader, LEASE, lambda _: None, reuses=True)
    with database.transaction() as session:
        files = [SourceFile("adaptive.py", CODE)]
        second = submit(session, student, "adaptive", files, seed=8, now=datetime.now(UTC)).id
    with caplog.at_level(logging.INFO):
        for queue in (Queue.CPU, Queue.CPU, Queue.COMPARISON, Queue.COMPARISON):
            runner.run(queue)
    assert (len(grader.graded), len(grader.compared)) == (1, 1)
    jobs_done = [job_of(database, number) for number in (second, job_id)]  # the newest goes first
    assert [job.total_points for job in jobs_done] == [4.0, 4.0]
    assert [job.reused_job_id for job in jobs_done] == [None, second]
    assert [job.seed for job in jobs_done] == [8, 8], "a report and the seed that it was made with belong together"
    assert "these files were graded before" in caplog.text and "these files were compared before" in caplog.text


def test_without_reuse_the_same_files_are_graded_again(database: Database, student: User, job_id: int) -> None:
    grader = ScriptedGrader()
    runner = runner_of(database, grader)
    with database.transaction() as session:
        submit(session, student, "adaptive", [SourceFile("adaptive.py", CODE)], seed=8, now=datetime.now(UTC))
    runner.run(Queue.CPU)
    runner.run(Queue.CPU)
    assert len(grader.graded) == 2
    assert job_of(database, job_id).environment == "cpu"


def test_a_database_that_does_not_answer_costs_a_job_no_try(
    database: Database, job_id: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def restarts(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("the database system is shutting down"))

    monkeypatch.setattr(jobs, "claimed_job", restarts)
    runner_of(database, ScriptedGrader()).run(Queue.CPU)
    job = job_of(database, job_id)
    assert (job.status, job.tries, job.token, job.diagnostics) == (JobStatus.QUEUED, 0, None, "")
    assert "the database did not answer" in caplog.text


def test_a_worker_insists_while_the_database_restarts(
    database: Database, job_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish, left = jobs.finish, [OperationalError("UPDATE", {}, Exception("starting up"))] * 2

    def restarts(*arguments: Any, **others: Any) -> Any:
        if left:
            raise left.pop()
        return finish(*arguments, **others)

    monkeypatch.setattr(jobs, "finish", restarts)
    grader = ScriptedGrader()
    runner_of(database, grader).run(Queue.CPU)
    job = job_of(database, job_id)
    assert (job.status, job.tries, len(grader.graded)) == (JobStatus.GRADED, 1, 1)
