"""What a worker does: claim the next job of a queue, grade it or run its comparison, record each check, write the
verdict once.

Workers only.
"""

from __future__ import annotations

import logging
import os
import socket
import traceback
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from datetime import timedelta
from threading import Event
from typing import Any, Protocol, TypeVar

from celery import Celery
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from grader.domain.check import CheckResult
from grader.domain.comparison import ComparisonReport, Plan, Stage
from grader.domain.errors import JobInUse, LeaseLost
from grader.domain.queues import Queue
from grader.domain.quiz import AnswerScore
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.drain import InHand
from grader.lease import Lease
from grader.logs import fields
from grader.queue import QUEUE_OF
from grader.store import jobs
from grader.store.clock import database_now
from grader.store.database import Database
from grader.store.jobs import Claim, Origin
from grader.store.reuse import Known, known_report
from grader.store.tables import GradingJob, QuizAttempt, Submission
from grader.store.workers import is_served, silence
from grader.watch import QUIZ, JobWatch

_log = logging.getLogger(__name__)

R = TypeVar("R")

_WORKER = f"{socket.gethostname()[:64]}, process {os.getpid()}"
"""What the history of a job calls this worker."""

_PATIENCE = timedelta(minutes=2)
"""How long a worker waits for a database that does not answer before it gives up what it has found."""

_GIVES_WAY_SECONDS = 0.5
"""How often a worker looks whether it can grade something again by now."""

_ASKS_AGAIN_SECONDS = 0.02
_ASKS = 250
"""How often a worker asks for a job that somebody else holds: for 5 s at least, where a transaction takes some ms."""


class Grades(Protocol):
    """What a job needs of a grader; `grader.evaluate.Grader` is the one that workers use."""

    def grade(
        self,
        slug: str,
        files: Sequence[SourceFile],
        *,
        seed: int,
        on_check: Callable[[CheckResult], None] | None = None,
    ) -> Report: ...

    def plan_of(self, slug: str) -> Plan | None: ...

    def conditions_of(self, slug: str, *, on_gpu: bool = False) -> tuple[str, str]: ...

    def compare(
        self,
        slug: str,
        files: Sequence[SourceFile],
        *,
        seed: int,
        on_check: Callable[[CheckResult], None] | None = None,
        on_gpu: bool = False,
    ) -> ComparisonReport: ...

    def score_quiz(self, slug: str, answers: Mapping[str, str | list[str]]) -> list[AnswerScore]: ...


class JobRunner:
    """Runs jobs under a lease; safe to use from many threads.

    `send` hands the id of a stored job to the workers. With `reuses` the same files are not graded twice under the same
    conditions. `watch` hears what happens to the jobs.
    """

    def __init__(
        self,
        database: Database,
        grader: Grades,
        lease: timedelta,
        send: Callable[[int], None],
        *,
        reuses: bool = False,
        watch: JobWatch | None = None,
    ) -> None:
        self._database, self._grader, self._lease, self._send = database, grader, lease, send
        self._reuses = reuses
        self._stopping = Event()
        self._watch = watch or JobWatch()
        self.in_hand = InHand(database)

    def stop(self) -> None:
        """Take nothing more that only waits for its turn."""
        self._stopping.set()

    def run(self, queue: Queue) -> None:
        """Do the first job of a queue, if there is one that nobody has; then send the comparison that follows.

        A comparison is run whatever the student has handed in since: each submission keeps its whole grade.
        """
        try:
            claim = self._claimed(queue)
        except OperationalError as error:
            _log.warning("nothing is taken: the database does not answer (%s)", type(error).__name__)
            return
        if claim is None:
            _log.info("nothing to do in the queue %s: graded already, or another worker has it", queue)
            return
        log = JobLog(_log, {"job": claim.job_id})
        following = None
        try:
            with self.in_hand.hold(claim), Lease(self._database, claim, self._lease, log) as lease:
                following = self._do(claim, lease, log, queue is Queue.GPU)
        except LeaseLost:
            self._watch.lease_lost()
            log.warning("the lease was lost; what was found out is thrown away")
        except OperationalError as error:
            self._give_back(claim, error, log)
        except Exception as error:  # noqa: BLE001 - the outermost boundary: any fault of ours puts the job back
            self._put_back(claim, error, log)
        if following is not None:
            self._send_on(following.id, log)

    def _send_on(self, job_id: int, log: JobLog) -> None:
        try:
            self._send(job_id)
        except OperationalError as error:
            log.warning("job %d is left to the sweeper: the database does not answer (%s)", job_id, _kind(error))

    def _claimed(self, queue: Queue) -> Claim | None:
        """Claim the first job of a queue. What is graded again waits until no new submission does."""
        while queue is Queue.REGRADE and self._somebody_waits():
            if self._stopping.wait(_GIVES_WAY_SECONDS):
                return None
        for _ in range(_ASKS):
            with suppress(JobInUse):
                return self._insist(lambda session: self._claim_next(session, queue))
            if self._stopping.wait(_ASKS_AGAIN_SECONDS):
                return None
        _log.warning("a job of the queue %s is left to the sweeper: it is free, and somebody holds it", queue)
        return None

    def _claim_next(self, session: Session, queue: Queue) -> Claim | None:
        now, queues = database_now(session), [queue]
        if queue is Queue.COMPARISON and not is_served(session, Queue.GPU, since=now - silence(self._lease)):
            queues.append(Queue.GPU)  # what wants a GPU is better trained on the CPU than not at all
        return jobs.claim_next(session, queues, now=now, lease=self._lease, worker=_WORKER)

    def _insist(self, change: Callable[[Session], R]) -> R:
        """Do a transaction, also while the database restarts; who has the token may write whenever it is back."""
        return self._database.insist(change, patience=_PATIENCE)

    def _somebody_waits(self) -> bool:
        with self._database.reading() as session:
            return jobs.is_waiting(session, Queue.CPU)

    def _do(self, claim: Claim, lease: Lease, log: JobLog, on_gpu: bool) -> GradingJob | None:
        """Do the claimed job. Returns the job that follows it."""
        with self._database.reading() as session:
            job = jobs.claimed_job(session, claim)
            submission, attempt = job.submission, job.quiz_attempt
            self._watch.claimed(session, job)
        if submission is not None:
            log = log.about(submission=submission.id)
            if job.stage is Stage.CHECKS:
                return self._grade_submission(claim, submission, job.seed, lease, log)
            self._compare_submission(claim, submission, job.seed, lease, log, on_gpu)
        elif attempt is not None:
            self._grade_quiz(claim, attempt, log.about(quiz_attempt=attempt.id))
        return None

    def _grade_submission(
        self, claim: Claim, submission: Submission, seed: int, lease: Lease, log: JobLog
    ) -> GradingJob | None:
        log.info("grading %s, attempt %d", submission.exercise, submission.attempt_no)
        known, origin = self._known(claim, submission.exercise)
        if known is not None:
            log.info("these files were graded before, by job %d", known.job_id)
            report = known.of_the_checks()
        else:
            with self._watch.working(Stage.CHECKS, submission.exercise, submission=submission.id):
                report = self._grader.grade(
                    submission.exercise, _files_of(submission), seed=seed, on_check=lease.record
                )
        plan = self._grader.plan_of(submission.exercise)
        following = self._insist(
            lambda session: jobs.finish(
                session, claim, report, now=database_now(session), comparison=plan, origin=origin
            )
        )
        self._watch.graded(Stage.CHECKS, submission.exercise, report.verdict)
        log.info("%s, %g of %g points, %.2f s", report.verdict, report.points, report.max_points, report.seconds)
        return following

    def _compare_submission(
        self, claim: Claim, submission: Submission, seed: int, lease: Lease, log: JobLog, on_gpu: bool
    ) -> None:
        log.info("comparing %s, attempt %d", submission.exercise, submission.attempt_no)
        files = _files_of(submission)
        known, origin = self._known(claim, submission.exercise, on_gpu=on_gpu)
        if known is not None:
            log.info("these files were compared before, by job %d", known.job_id)
            report = known.of_the_comparison()
        else:
            with self._watch.working(Stage.COMPARISON, submission.exercise, submission=submission.id):
                report = self._grader.compare(
                    submission.exercise, files, seed=seed, on_check=lease.record, on_gpu=on_gpu
                )
        self._insist(
            lambda session: jobs.finish_comparison(session, claim, report, now=database_now(session), origin=origin)
        )
        self._watch.graded(Stage.COMPARISON, submission.exercise, report.verdict)
        scored = f"{report.verdict}, {report.points:g} of {report.max_points:g} points"
        log.info("compared: %s, %.2f s, %s", scored, report.seconds, report.device)

    def _known(self, claim: Claim, exercise: str, *, on_gpu: bool = False) -> tuple[Known | None, Origin]:
        """Return the result that the job can take over, if there is one, and where its result comes from."""
        suite_version, environment = self._grader.conditions_of(exercise, on_gpu=on_gpu)
        if not self._reuses:
            return None, Origin(environment)
        with self._database.reading() as session:
            known = known_report(session, claim, suite_version, environment)
        return known, Origin(environment, known.job_id if known else None)

    def _grade_quiz(self, claim: Claim, attempt: QuizAttempt, log: JobLog) -> None:
        with self._watch.working(QUIZ, attempt.exercise, quiz_attempt=attempt.id):
            scores = self._grader.score_quiz(attempt.exercise, attempt.answers)
        points, max_points = sum(score.points for score in scores), sum(score.max_points for score in scores)
        self._insist(lambda session: jobs.finish_quiz(session, claim, attempt.id, scores, now=database_now(session)))
        log.info("quiz of %s: %g of %g points", attempt.exercise, points, max_points)

    def _give_back(self, claim: Claim, error: OperationalError, log: JobLog) -> None:
        """Give a job back that the database kept this worker from doing: that is no try, and no fault of the job's."""
        try:
            self._insist(lambda session: jobs.give_back(session, claim))
        except LeaseLost:
            self._watch.lease_lost()
        log.warning("given back: the database did not answer (%s)", _kind(error))

    def _put_back(self, claim: Claim, error: Exception, log: JobLog) -> None:
        diagnostics = "".join(traceback.format_exception(error))
        try:
            status = self._insist(lambda session: jobs.put_back(session, claim, diagnostics, now=database_now(session)))
        except LeaseLost:
            self._watch.lease_lost()
            log.warning("failed (%s) after its lease was lost", type(error).__name__)
            return
        self._watch.failed(error, status)
        # The text of an exception may quote what a student wrote; it is kept with the job, for staff, not logged.
        log.error("the grader failed (%s); the job is %s, its diagnostics hold the traceback", _kind(error), status)


class JobLog(logging.LoggerAdapter[logging.Logger]):
    """A logger whose lines begin with the ids of what they speak of; never with a student's name or code."""

    def about(self, **ids: int) -> JobLog:
        """Return a logger that also names these ids."""
        return JobLog(self.logger, {**(self.extra or {}), **ids})

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        ids = ", ".join(f"{kind.replace('_', ' ')} {number}" for kind, number in (self.extra or {}).items())
        return f"{ids}: {msg}", {**kwargs, "extra": fields(**(self.extra or {}))}


def register(app: Celery, runner: JobRunner) -> None:
    """Give a worker's Celery app its tasks: a message of any kind means that its queue has something to do."""
    for name, queue in QUEUE_OF.items():
        app.task(_work_on(queue, runner), name=name, shared=False)


def _work_on(queue: Queue, runner: JobRunner) -> Callable[[int], None]:
    def work(job_id: int) -> None:  # noqa: ARG001 - the database decides which one is next
        runner.run(queue)

    return work


def _files_of(submission: Submission) -> list[SourceFile]:
    return [SourceFile(file.name, file.content) for file in submission.files]


def _kind(error: Exception) -> str:
    return type(error).__name__
