"""The waiting line: how many jobs are ahead of one, and when it will start, by what recent jobs took.

What is not known is not said: a time is told only where every job ahead is of a kind that was measured, and every
worker of the queue has said how many threads it has.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from grader.domain.comparison import Stage
from grader.domain.queues import Queue
from grader.domain.verdict import JobStatus
from grader.store.tables import IS_UNFINISHED, GradingJob, QuizAttempt, Submission
from grader.store.workers import threads_of_queues

_MEASURED_LAST = 30
"""By how many of the last jobs of a kind the next one's duration is told."""
_MEASURED_FIRST = 3
"""Fewer of them say nothing."""
_RECENT = 300


@dataclass(frozen=True)
class Kind:
    """What makes jobs alike in how long they take."""

    exercise: str
    stage: Stage
    is_quiz: bool


@dataclass(frozen=True)
class Place:
    """Where a waiting job stands."""

    ahead: int
    """How many jobs of its queue are taken before it."""
    starts_in: float | None
    """Seconds from now; `None` where nobody can tell."""
    is_served: bool = True
    """Whether a worker is there that serves the queue."""

    def rounded(self) -> Place:
        """Return the place with its time as people are told it, so that it changes no oftener than they would want."""
        return self if self.starts_in is None else replace(self, starts_in=_rounded(self.starts_in))


@dataclass
class Line:
    """What is known of one queue at a moment; durations are in seconds."""

    threads: int | None = 0
    """Of all workers together; `None` if one of them has not told its own."""
    running: list[tuple[Kind, float]] = field(default_factory=list)
    """The jobs that run, and since how many seconds each does."""
    waiting: list[tuple[int, Kind]] = field(default_factory=list)
    """The jobs that wait by their ids, the one that is taken next first."""


def places(session: Session, *, now: datetime, seen_since: datetime) -> dict[int, Place]:
    """Return the place of every job that waits, by its id; that of a comparison by the id of the job it follows.

    A worker counts if it was seen after `seen_since`.
    """
    lines = {queue: Line(threads) for queue, threads in threads_of_queues(session, since=seen_since).items()}
    for job_id, queue, status, started_at, *kind in session.execute(_unfinished()):
        # What wants a GPU goes to the CPU as long as no worker has one.
        is_homeless = queue is Queue.GPU and queue not in lines
        line = lines.setdefault(Queue.COMPARISON if is_homeless else queue, Line())
        if status is JobStatus.QUEUED:
            line.waiting.append((job_id, _kind(*kind)))
        else:
            line.running.append((_kind(*kind), (now - (started_at or now)).total_seconds()))
    expected = _durations(session) if any(line.waiting for line in lines.values()) else {}
    return {job_id: found for line in lines.values() for job_id, found in line_up(line, expected).items()}


def place(session: Session, job: GradingJob, *, now: datetime, seen_since: datetime) -> Place | None:
    """Return the place of one job; `None` if it does not wait."""
    return places(session, now=now, seen_since=seen_since).get(job.checks_job_id or job.id)


def line_up(line: Line, expected: Mapping[Kind, float]) -> dict[int, Place]:
    """Return the place of each job that waits in a line, when threads take the next one as they become free.

    `expected` has the seconds that a job takes, for the kinds that were measured. Nobody can tell when a job ends that
    has taken longer than its like: the others are counted on, and if there are none, no time is told.
    """
    free_in = _slots(line, expected)
    found = {}
    for ahead, (job_id, kind) in enumerate(line.waiting):
        starts_in = free_in[0] if free_in else None
        found[job_id] = Place(ahead, starts_in, is_served=line.threads != 0)
        if free_in and kind in expected:
            heapq.heapreplace(free_in, free_in[0] + expected[kind])
        else:
            free_in = []  # behind what was never measured, no time is known
    return found


def _rounded(seconds: float) -> float:
    """To 5 s below a minute, to minutes below ten, to 5 min above; 0 is a moment."""
    if seconds < 3:
        return 0.0
    step = 5 if seconds < 57.5 else 60 if seconds < 570 else 300
    return max(step, round(seconds / step) * step)


def _slots(line: Line, expected: Mapping[Kind, float]) -> list[float]:
    """Return in how many seconds each thread will be free, as a heap; a thread of which that is unknown is left out."""
    if not line.threads:
        return []
    left = [expected.get(kind, 0.0) - age for kind, age in line.running]
    slots = [0.0] * (line.threads - len(left)) + [seconds for seconds in left if seconds > 0]
    # More jobs than threads run where a worker has just died: the threads that are left are the last to be free.
    slots = sorted(slots)[-line.threads :]
    heapq.heapify(slots)
    return slots


def _unfinished() -> Select[*tuple[Any, ...]]:
    """The jobs that wait or run, the waiting ones in the order in which workers take them."""
    return (
        _with_kind(select(_grading(), GradingJob.queue, GradingJob.status, GradingJob.started_at))
        .where(IS_UNFINISHED)
        .order_by(GradingJob.order_at, GradingJob.id)
    )


def _grading() -> ColumnElement[int]:
    """The id by which a page knows both stages."""
    return func.coalesce(GradingJob.checks_job_id, GradingJob.id)


def _durations(session: Session) -> dict[Kind, float]:
    """Return how many seconds the last jobs of each kind took in the mean, where there were enough of them.

    The mean, not the median: what is told is a sum over the jobs ahead, and one in ten may run into its time limit.
    """
    rows = session.execute(
        _with_kind(select(GradingJob.started_at, GradingJob.finished_at))
        .where(GradingJob.status == JobStatus.GRADED, GradingJob.started_at.is_not(None))
        .where(GradingJob.reused_job_id.is_(None))
        .order_by(GradingJob.id.desc())
        .limit(_RECENT)
    )
    taken: dict[Kind, list[timedelta]] = {}
    for started_at, finished_at, *kind in rows:
        taken.setdefault(_kind(*kind), []).append(finished_at - started_at)
    return means(taken)


def means(taken: Mapping[Kind, Sequence[timedelta]]) -> dict[Kind, float]:
    """Return the mean of the last durations of each kind, in seconds; `taken` has the newest first."""
    return {
        kind: fmean(duration.total_seconds() for duration in durations[:_MEASURED_LAST])
        for kind, durations in taken.items()
        if len(durations) >= _MEASURED_FIRST
    }


def _with_kind(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        query.select_from(GradingJob)
        .add_columns(func.coalesce(Submission.exercise, QuizAttempt.exercise))
        .add_columns(GradingJob.stage, GradingJob.quiz_attempt_id)
        .outerjoin(Submission, Submission.id == GradingJob.submission_id)
        .outerjoin(QuizAttempt, QuizAttempt.id == GradingJob.quiz_attempt_id)
    )


def _kind(exercise: str, stage: Stage, quiz_attempt_id: int | None) -> Kind:
    return Kind(exercise, stage, quiz_attempt_id is not None)
