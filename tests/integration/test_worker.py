"""Real worker processes on a real SQLite file and the embedded broker, grading in the real sandbox."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import selectinload

from grader.catalog import load_catalog
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus, Verdict
from grader.evaluate import Grader
from grader.queue import GRADE_SUBMISSION, JobQueue
from grader.settings import REPOSITORY, Settings
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.jobs import report_of
from grader.store.quizzes import attempt_by_id, submit_answers
from grader.store.submissions import submit
from grader.store.tables import GradingJob, Role

pytestmark = pytest.mark.slow

SOLUTIONS = REPOSITORY / "grader" / "demo_solutions"
RIGHT = (SOLUTIONS / "adaptive_right.py").read_bytes()
WRONG = (SOLUTIONS / "adaptive_wrong.py").read_bytes()
SLOW = RIGHT.replace(b"import torch\n", b"import time\nimport torch\n").replace(
    b"    grad = grad + weight_decay * param\n    sum_sq",
    b"    time.sleep(0.01)\n    grad = grad + weight_decay * param\n    sum_sq",
)
assert SLOW.count(b"time.sleep") == 1


class Installation:
    """A database, a queue and a student in one temporary folder, for workers that are real processes."""

    def __init__(self, folder: Path, course: Path) -> None:
        self.settings = Settings(data_dir=folder, exercises_dir=course, lease_seconds=2.0, concurrency=2)
        self.database = Database(self.settings.resolved_database_url())
        self.database.migrate()
        self.queue = JobQueue(self.settings, self.database)
        with self.database.transaction() as session:
            self.student = create_user(session, "ada", "Ada", Role.STUDENT, "first-moment", datetime.now(UTC))

    def submit(self, content: bytes, *, seed: int = 7, send: bool = True) -> int:
        with self.database.transaction() as session:
            files = [SourceFile("adaptive.py", content)]
            job = submit(session, self.student, "adaptive", files, seed=seed, now=datetime.now(UTC))
        if send:
            self.queue.send_job(job.id)
        return job.id

    def job(self, job_id: int) -> GradingJob:
        with self.database.reading() as session:
            comparison = selectinload(GradingJob.comparison)
            parts = [comparison.selectinload(GradingJob.checks), comparison.selectinload(GradingJob.details)]
            return session.get_one(GradingJob, job_id, options=[selectinload(GradingJob.checks), *parts])

    def graded(self, job_id: int, seconds: float = 90.0) -> GradingJob:
        wait_until(lambda: self.job(job_id).status.is_final, seconds)
        return self.job(job_id)

    def complete(self, job_id: int, seconds: float = 120.0) -> GradingJob:
        """Wait for both stages."""
        wait_until(lambda: self.job(job_id).is_complete, seconds)
        return self.job(job_id)

    @contextmanager
    def worker(self, queues: str = "cpu,comparison") -> Iterator[subprocess.Popen[bytes]]:
        """A worker process, stopped at the end if it still runs."""
        environment = os.environ | {
            "GRADESCENT_DATA_DIR": str(self.settings.data_dir),
            "GRADESCENT_EXERCISES_DIR": str(self.settings.exercises_dir),
            "GRADESCENT_LEASE_SECONDS": str(self.settings.lease_seconds),
            "GRADESCENT_CONCURRENCY": str(self.settings.concurrency),
            "GRADESCENT_QUEUES": queues,
            "GRADESCENT_REUSE_RESULTS": "false",  # the same few files are handed in again and again
        }
        process = subprocess.Popen([sys.executable, "-m", "grader.cli", "worker"], env=environment)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(120)

    def close(self) -> None:
        self.queue.close()
        self.database.close()


def wait_until(condition: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain"
        time.sleep(0.05)


@pytest.fixture
def installation(tmp_path: Path, short_course: Path) -> Iterator[Installation]:
    made = Installation(tmp_path, short_course)
    yield made
    made.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, short_course: Path) -> Iterator[Installation]:
    """An installation whose worker runs, shared by the tests that do not disturb it."""
    made = Installation(tmp_path_factory.mktemp("running"), short_course)
    with made.worker():
        yield made
    made.close()


def test_a_right_solution_gets_all_points_at_the_first_try(running: Installation) -> None:
    job = running.graded(running.submit(RIGHT))
    assert (job.verdict, job.points, job.max_points, job.tries) == (Verdict.ACCEPTED, 100.0, 100.0, 1)
    assert job.token is None and job.finished_at is not None and job.tier


def test_a_wrong_solution_gets_its_honest_points_and_the_likely_misconceptions(running: Installation) -> None:
    job = running.graded(running.submit(WRONG))
    assert job.verdict is Verdict.WRONG_ANSWER
    assert job.points is not None and 40.0 <= job.points < 60.0
    assert {found["task"] for found in job.misconceptions} == {"3.3", "3.4"}


def test_the_same_seed_gives_the_same_report_here_as_on_the_worker(running: Installation) -> None:
    """Invariant I7, with the grader that `gradescent grade` uses."""
    job = running.complete(running.submit(WRONG, seed=12345))
    with Grader(running.settings, load_catalog(running.settings.exercises_dir)) as grader:
        files = [SourceFile("adaptive.py", WRONG)]
        local = grader.grade("adaptive", files, seed=12345)
        local = replace(local, comparison=grader.compare("adaptive", files, seed=12345))
    assert without_time(report_of(job, "adaptive")) == without_time(local)


def without_time(report: Report) -> Report:
    assert report.comparison is not None
    return replace(report, seconds=0.0, comparison=replace(report.comparison, seconds=0.0))


def test_the_comparison_follows_the_checks_and_completes_their_score(running: Installation) -> None:
    job = running.complete(running.submit(RIGHT))
    following = job.comparison
    assert following is not None
    assert (following.status, following.verdict, following.tries) == (JobStatus.GRADED, Verdict.ACCEPTED, 1)
    assert following.points == following.max_points
    assert job.total_points == 100.0 + following.points
    found = report_of(job, "adaptive").comparison
    assert found is not None and found.pictures and found.device


def test_a_job_whose_message_was_lost_is_found_by_the_sweeper(running: Installation) -> None:
    job = running.graded(running.submit(RIGHT, send=False))
    assert (job.verdict, job.tries) == (Verdict.ACCEPTED, 1)


def test_a_quiz_is_scored_by_the_worker(running: Installation) -> None:
    with running.database.transaction() as session:
        job = submit_answers(session, running.student, "adaptive", {}, allowed=1, now=datetime.now(UTC))
    running.queue.send_job(job.id)
    running.graded(job.id)
    quiz = load_catalog(running.settings.exercises_dir).quiz("adaptive")
    assert job.quiz_attempt_id is not None and quiz is not None
    with running.database.reading() as session:
        attempt = attempt_by_id(session, job.quiz_attempt_id)
    assert attempt is not None
    assert [row.question for row in attempt.scores] == [question.id for question in quiz.questions]
    assert (attempt.job.points, attempt.job.max_points) == (0.0, quiz.max_points)


def test_a_worker_killed_in_the_middle_of_a_job_leaves_it_to_be_graded_once(installation: Installation) -> None:
    job_id = installation.submit(SLOW)
    with installation.worker("cpu") as first:
        wait_until(lambda: installation.job(job_id).checks, 60.0)
        first.send_signal(signal.SIGKILL)
        first.wait()
    killed = installation.job(job_id)
    assert (killed.status, killed.verdict, killed.tries) == (JobStatus.RUNNING, None, 1)
    with installation.worker("cpu"):
        job = installation.graded(job_id)
    assert (job.status, job.verdict, job.points, job.tries) == (JobStatus.GRADED, Verdict.ACCEPTED, 100.0, 2)
    names = [row.name for row in job.checks]
    assert len(names) == len(set(names)) and sum(row.max_points for row in job.checks) == 100.0


def test_a_worker_killed_in_the_middle_of_a_comparison_leaves_it_to_be_done_once(installation: Installation) -> None:
    job_id = installation.submit(RIGHT)
    with installation.worker() as first:
        wait_until(lambda: has_begun(installation.job(job_id).comparison), 120.0)
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert not installation.job(job_id).is_complete
    with installation.worker():
        job = installation.complete(job_id)
    assert job.comparison is not None
    assert (job.tries, job.comparison.tries, job.comparison.status) == (1, 2, JobStatus.GRADED)


def has_begun(job: GradingJob | None) -> bool:
    return job is not None and job.status is JobStatus.RUNNING


def test_two_workers_and_every_message_three_times_give_one_verdict_each(installation: Installation) -> None:
    jobs = [installation.submit(content) for content in (RIGHT, WRONG, RIGHT, WRONG)]
    for round_ in range(2):
        for job_id in jobs:  # under other task ids, so that the broker cannot tell that they are the same
            installation.queue.app.send_task(GRADE_SUBMISSION, args=[job_id], task_id=f"again-{round_}-{job_id}")
    with installation.worker("cpu"), installation.worker("cpu"):
        done = [installation.graded(job_id) for job_id in jobs]
    assert [job.verdict for job in done] == [Verdict.ACCEPTED, Verdict.WRONG_ANSWER] * 2
    assert [job.tries for job in done] == [1, 1, 1, 1]


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_begun(installation: Installation) -> None:
    job_id = installation.submit(SLOW)
    with installation.worker("cpu") as worker:
        wait_until(lambda: installation.job(job_id).checks, 60.0)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    job = installation.job(job_id)
    assert (job.status, job.verdict, job.tries) == (JobStatus.GRADED, Verdict.ACCEPTED, 1)


def test_a_worker_refuses_a_database_without_tables(tmp_path: Path) -> None:
    environment = os.environ | {"GRADESCENT_DATA_DIR": str(tmp_path / "new")}
    done = subprocess.run(
        [sys.executable, "-m", "grader.cli", "worker"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "gradescent migrate" in done.stderr and "Traceback" not in done.stderr
