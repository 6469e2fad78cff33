"""What a worker does with a job, with a grader that does as it is told: faults, lost leases, duplicates."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep

import pytest
from sqlalchemy.orm import selectinload

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Plan, Stage
from grader.domain.errors import GraderFault
from grader.domain.quiz import AnswerScore
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus, Verdict
from grader.store import jobs
from grader.store.database import Database
from grader.store.jobs import MAX_TRIES
from grader.store.quizzes import attempt_by_id, submit_answers
from grader.store.submissions import submit
from grader.store.tables import GradingJob, User
from grader.tasks import JobRunner

LEASE = timedelta(seconds=15)
PLAN = Plan(points=2.0)
CODE = b"SECRET_STUDENT_CODE = 1"


class ScriptedGrader:
    """Finds two checks in each stage, and does in between what the test wants to happen."""

    def __init__(self, happening: Callable[[], None] = lambda: None, plan: Plan | None = None) -> None:
        self.happening, self.plan = happening, plan
        self.graded: list[tuple[str, list[SourceFile], int]] = []
        self.compared: list[tuple[str, list[SourceFile], int, bool]] = []

    def grade(
        self,
        slug: str,
        files: Sequence[SourceFile],
        *,
        seed: int,
        on_check: Callable[[CheckResult], None] | None = None,
    ) -> Report:
        self.graded.append((slug, list(files), seed))
        assert on_check is not None
        on_check(check("first"))
        self.happening()
        on_check(check("second"))
        return Report(
            exercise=slug, checks=(check("first"), check("second")), tier="t", seed=seed, suite_version="v", seconds=0.0
        )

    def plan_of(self, slug: str) -> Plan | None:  # noqa: ARG002 - the grader's
        return self.plan

    def compare(
        self,
        slug: str,
        files: Sequence[SourceFile],
        *,
        seed: int,
        on_check: Callable[[CheckResult], None] | None = None,
        on_gpu: bool = False,
    ) -> ComparisonReport:
        self.compared.append((slug, list(files), seed, on_gpu))
        assert on_check is not None
        on_check(check("third"))
        self.happening()
        on_check(check("fourth"))
        return ComparisonReport(max_points=2.0, checks=(check("third"), check("fourth")), device="CPU")

    def score_quiz(self, slug: str, answers: Mapping[str, str | list[str]]) -> list[AnswerScore]:  # noqa: ARG002 - the grader's
        self.happening()
        return [AnswerScore(question=name, points=1.0, max_points=2.0) for name in answers]


def runner_of(
    database: Database, grader: ScriptedGrader, lease: timedelta = LEASE, send: Callable[[int], None] = lambda _: None
) -> JobRunner:
    return JobRunner(database, grader, lease, send)


def check(name: str) -> CheckResult:
    return CheckResult(
        name=name, task="1", verdict=Verdict.ACCEPTED, points=1.0, max_points=1.0, visibility=Visibility.HIDDEN
    )


@pytest.fixture
def job_id(database: Database, student: User, now: datetime) -> int:
    with database.transaction() as session:
        return submit(session, student, "adaptive", [SourceFile("adaptive.py", CODE)], seed=7, now=now).id


@pytest.fixture
def comparison_id(database: Database, job_id: int) -> int:
    """The job of a comparison, whose checks are graded."""
    sent: list[int] = []
    runner_of(database, ScriptedGrader(plan=PLAN), send=sent.append).run(job_id)
    (found,) = sent
    return found


def job_of(database: Database, job_id: int) -> GradingJob:
    with database.reading() as session:
        return session.get_one(
            GradingJob, job_id, options=[selectinload(GradingJob.checks), selectinload(GradingJob.comparison)]
        )


def test_a_job_is_graded_with_its_files_and_its_seed(database: Database, job_id: int) -> None:
    grader = ScriptedGrader()
    runner_of(database, grader).run(job_id)
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
    runner_of(database, grader).run(job_id)
    assert seen == ["first"]


def test_a_message_that_comes_twice_is_graded_once(database: Database, job_id: int) -> None:
    grader = ScriptedGrader()
    runner = runner_of(database, grader)
    runner.run(job_id)
    runner.run(job_id)
    assert len(grader.graded) == 1


def test_a_message_for_a_job_that_is_being_graded_is_dropped(database: Database, job_id: int) -> None:
    grader = ScriptedGrader()
    runner = runner_of(database, grader)
    grader.happening = lambda: runner.run(job_id)
    runner.run(job_id)
    assert len(grader.graded) == 1


@pytest.mark.parametrize("fault", [GraderFault("the zygote ended"), RuntimeError("a bug"), KeyError("x")])
def test_a_fault_of_ours_puts_the_job_back_with_diagnostics(
    database: Database, job_id: int, caplog: pytest.LogCaptureFixture, fault: Exception
) -> None:
    def fail() -> None:
        raise fault

    runner_of(database, ScriptedGrader(fail)).run(job_id)
    job = job_of(database, job_id)
    assert (job.status, job.tries, job.verdict) == (JobStatus.QUEUED, 1, None)
    assert type(fault).__name__ in job.diagnostics and "Traceback" in job.diagnostics
    assert f"job {job_id}" in caplog.text and type(fault).__name__ in caplog.text


def test_a_fault_that_stays_becomes_an_internal_error_without_points(database: Database, job_id: int) -> None:
    def fail() -> None:
        raise GraderFault("the zygote ended")

    for _ in range(MAX_TRIES + 1):
        runner_of(database, ScriptedGrader(fail)).run(job_id)
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

    runner_of(database, ScriptedGrader(another_worker_takes_over)).run(job_id)
    job = job_of(database, job_id)
    assert (job.status, job.verdict, job.tries, job.diagnostics) == (JobStatus.RUNNING, None, 2, "")
    assert "lease was lost" in caplog.text


def test_the_lease_is_renewed_while_the_grader_is_silent(database: Database, job_id: int) -> None:
    lease = timedelta(seconds=0.6)
    grader = ScriptedGrader(lambda: sleep(1.5))
    thief = ScriptedGrader()

    def try_to_steal() -> None:
        sleep(1.0)
        runner_of(database, thief, lease).run(job_id)
        sleep(0.5)

    grader.happening = try_to_steal
    runner_of(database, grader, lease).run(job_id)
    assert thief.graded == []
    assert job_of(database, job_id).status is JobStatus.GRADED


def test_a_quiz_is_scored_and_its_scores_written(database: Database, student: User, now: datetime) -> None:
    with database.transaction() as session:
        job = submit_answers(session, student, "adaptive", {"q1": "a", "q2": ["b"]}, allowed=1, now=now)
    runner_of(database, ScriptedGrader()).run(job.id)
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
        runner_of(database, ScriptedGrader(fail)).run(job_id)
        runner_of(database, ScriptedGrader()).run(job_id)
    assert f"job {job_id}, submission {job_id}: accepted, 2 of 2 points" in caplog.text
    assert "SECRET_STUDENT_CODE" not in caplog.text and "ada" not in caplog.text.replace("adaptive", "")


def test_the_comparison_is_sent_when_the_checks_verdict_is_stored(database: Database, job_id: int) -> None:
    sent: list[tuple[int, JobStatus]] = []

    def send(following: int) -> None:
        sent.append((following, job_of(database, job_id).status))

    runner_of(database, ScriptedGrader(plan=PLAN), send=send).run(job_id)
    following = job_of(database, job_id).comparison
    assert following is not None and following.stage is Stage.COMPARISON
    assert sent == [(following.id, JobStatus.GRADED)]


def test_an_exercise_without_a_plan_has_one_stage(database: Database, job_id: int) -> None:
    sent: list[int] = []
    runner_of(database, ScriptedGrader(), send=sent.append).run(job_id)
    job = job_of(database, job_id)
    assert (sent, job.comparison, job.is_complete) == ([], None, True)


@pytest.mark.parametrize("on_gpu", [False, True])
def test_a_comparison_is_run_with_the_files_and_the_seed_of_the_checks(
    database: Database, job_id: int, comparison_id: int, on_gpu: bool
) -> None:
    grader = ScriptedGrader()
    runner_of(database, grader).run(comparison_id, on_gpu=on_gpu)
    assert grader.compared == [("adaptive", [SourceFile("adaptive.py", CODE)], 7, on_gpu)]
    job = job_of(database, job_id)
    assert (job.is_complete, job.points, job.total_points) == (True, 2.0, 4.0)


def test_messages_that_come_twice_in_both_stages_give_one_grade(
    database: Database, job_id: int, comparison_id: int
) -> None:
    grader = ScriptedGrader(plan=PLAN)
    sent: list[int] = []
    runner = runner_of(database, grader, send=sent.append)
    for again in (job_id, comparison_id, comparison_id, job_id):
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

    runner_of(database, ScriptedGrader(look)).run(comparison_id)
    assert seen == ["third"]


def test_a_comparison_that_fails_three_times_fails_alone(database: Database, job_id: int, comparison_id: int) -> None:
    def fail() -> None:
        raise GraderFault("the zygote ended")

    for _ in range(MAX_TRIES + 1):
        runner_of(database, ScriptedGrader(fail)).run(comparison_id)
    failed, job = job_of(database, comparison_id), job_of(database, job_id)
    assert (failed.status, failed.verdict, failed.tries) == (JobStatus.FAILED, Verdict.INTERNAL_ERROR, MAX_TRIES)
    assert (job.status, job.tries, job.points, job.total_points) == (JobStatus.GRADED, 1, 2.0, 2.0)


def test_a_comparison_is_run_although_the_student_has_handed_in_again(
    database: Database, student: User, now: datetime, job_id: int, comparison_id: int
) -> None:
    with database.transaction() as session:
        submit(session, student, "adaptive", [SourceFile("adaptive.py", b"newer")], seed=8, now=now)
    runner_of(database, ScriptedGrader()).run(comparison_id)
    assert job_of(database, job_id).is_complete


def test_a_message_that_cannot_be_sent_leaves_the_comparison_to_the_sweeper(database: Database, job_id: int) -> None:
    def broken(_: int) -> None:
        raise OSError("the broker's disk is full")

    with pytest.raises(OSError, match="disk is full"):
        runner_of(database, ScriptedGrader(plan=PLAN), send=broken).run(job_id)
    assert job_of(database, job_id).status is JobStatus.GRADED
    with database.transaction() as session:
        found = jobs.sweep(session, now=datetime.now(UTC), resend_after=LEASE)
    assert [job.stage for job in found] == [Stage.COMPARISON]


def test_the_log_of_a_comparison_names_its_submission_and_where_it_ran(
    database: Database, job_id: int, comparison_id: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        runner_of(database, ScriptedGrader()).run(comparison_id)
    assert f"job {comparison_id}, submission {job_id}: compared: accepted, 2 of 2 points, 0.00 s, CPU" in caplog.text
    assert "SECRET_STUDENT_CODE" not in caplog.text
