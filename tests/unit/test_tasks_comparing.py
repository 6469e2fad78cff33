"""What a worker does with the second stage of a job, the training comparison."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic

import pytest

from grader.domain.comparison import Device, Stage
from grader.domain.errors import GraderFault
from grader.domain.queues import Queue
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus, Verdict
from grader.store import jobs
from grader.store.database import Database
from grader.store.jobs import MAX_TRIES
from grader.store.submissions import submit
from grader.store.tables import User
from grader.store.workers import worker_gone, worker_seen
from tests.unit.scripted_jobs import CODE, LEASE, PLAN, ScriptedGrader, comparison_id, job_id, job_of, runner_of

__all__ = ["comparison_id", "job_id"]


def test_the_comparison_is_sent_when_the_checks_verdict_is_stored(database: Database, job_id: int) -> None:
    sent: list[tuple[int, JobStatus]] = []

    def send(following: int) -> None:
        sent.append((following, job_of(database, job_id).status))

    runner_of(database, ScriptedGrader(plan=PLAN), send=send).run(Queue.CPU)
    following = job_of(database, job_id).comparison
    assert following is not None and following.stage is Stage.COMPARISON
    assert sent == [(following.id, JobStatus.GRADED)]


def test_an_exercise_without_a_plan_has_one_stage(database: Database, job_id: int) -> None:
    sent: list[int] = []
    runner_of(database, ScriptedGrader(), send=sent.append).run(Queue.CPU)
    job = job_of(database, job_id)
    assert (sent, job.comparison, job.is_complete) == ([], None, True)


@pytest.mark.parametrize("on_gpu", [False, True])
def test_a_comparison_is_run_with_the_files_and_the_seed_of_the_checks(
    database: Database, job_id: int, on_gpu: bool
) -> None:
    grader = ScriptedGrader(plan=replace(PLAN, device=Device.GPU if on_gpu else Device.CPU))
    runner = runner_of(database, grader)
    runner.run(Queue.CPU)
    runner.run(Queue.GPU if on_gpu else Queue.COMPARISON)
    assert grader.compared == [("adaptive", [SourceFile("adaptive.py", CODE)], 7, on_gpu)]
    job = job_of(database, job_id)
    assert (job.is_complete, job.points, job.total_points) == (True, 2.0, 4.0)


def test_messages_that_come_twice_in_both_stages_give_one_grade(
    database: Database, job_id: int, comparison_id: int
) -> None:
    grader = ScriptedGrader(plan=PLAN)
    sent: list[int] = []
    runner = runner_of(database, grader, send=sent.append)
    for again in (Queue.CPU, Queue.COMPARISON, Queue.COMPARISON, Queue.CPU):
        runner.run(again)
    assert (len(grader.graded), len(grader.compared), sent) == (0, 1, [])
    assert job_of(database, job_id).total_points == 4.0


def test_a_check_of_a_comparison_is_stored_while_the_next_one_still_runs(
    database: Database, comparison_id: int
) -> None:
    seen: list[str] = []

    def look() -> None:
        deadline = monotonic() + 10
        while not seen and monotonic() < deadline:
            seen.extend(row.name for row in job_of(database, comparison_id).checks)

    runner_of(database, ScriptedGrader(look)).run(Queue.COMPARISON)
    assert seen == ["third"]


def test_a_comparison_that_fails_three_times_fails_alone(database: Database, job_id: int, comparison_id: int) -> None:
    def fail() -> None:
        raise GraderFault("the zygote ended")

    for _ in range(MAX_TRIES + 1):
        runner_of(database, ScriptedGrader(fail)).run(Queue.COMPARISON)
    failed, job = job_of(database, comparison_id), job_of(database, job_id)
    assert (failed.status, failed.verdict, failed.tries) == (JobStatus.FAILED, Verdict.INTERNAL_ERROR, MAX_TRIES)
    assert (job.status, job.tries, job.points, job.total_points) == (JobStatus.GRADED, 1, 2.0, 2.0)


def test_a_comparison_is_run_although_the_student_has_handed_in_again(
    database: Database, student: User, now: datetime, job_id: int, comparison_id: int
) -> None:
    with database.transaction() as session:
        submit(session, student, "adaptive", [SourceFile("adaptive.py", b"newer")], seed=8, now=now)
    runner_of(database, ScriptedGrader()).run(Queue.COMPARISON)
    assert job_of(database, job_id).is_complete


def test_a_message_that_cannot_be_sent_leaves_the_comparison_to_the_sweeper(database: Database, job_id: int) -> None:
    def broken(_: int) -> None:
        raise OSError("the broker's disk is full")

    with pytest.raises(OSError, match="disk is full"):
        runner_of(database, ScriptedGrader(plan=PLAN), send=broken).run(Queue.CPU)
    assert job_of(database, job_id).status is JobStatus.GRADED
    with database.transaction() as session:
        found = jobs.sweep(session, now=datetime.now(UTC), resend_after=LEASE)
    assert [job.stage for job in found] == [Stage.COMPARISON]


def test_the_log_of_a_comparison_names_its_submission_and_where_it_ran(
    database: Database, job_id: int, comparison_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        runner_of(database, ScriptedGrader()).run(Queue.COMPARISON)
    assert f"job {comparison_id}, submission {job_id}: compared: accepted, 2 of 2 points, 0.00 s, CPU" in caplog.text
    assert "SECRET_STUDENT_CODE" not in caplog.text


def test_what_wants_a_gpu_is_trained_on_the_cpu_where_no_worker_has_one(database: Database, job_id: int) -> None:
    grader = ScriptedGrader(plan=replace(PLAN, device=Device.GPU))
    runner = runner_of(database, grader)
    runner.run(Queue.CPU)
    with database.transaction() as session:
        worker_seen(session, "with a GPU", [Queue.GPU], now=datetime.now(UTC))
    runner.run(Queue.COMPARISON)
    assert grader.compared == []
    with database.transaction() as session:
        worker_gone(session, "with a GPU")
    runner.run(Queue.COMPARISON)
    assert [on_gpu for *_, on_gpu in grader.compared] == [False]
    assert job_of(database, job_id).is_complete
