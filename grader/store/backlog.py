"""What waits for the workers, in one query over the index of unfinished jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from grader.domain.comparison import Stage
from grader.domain.queues import Queue
from grader.domain.verdict import JobStatus
from grader.store.tables import IS_UNFINISHED, GradingJob


@dataclass(frozen=True)
class Backlog:
    """The unfinished jobs of one kind."""

    queue: Queue
    stage: Stage
    is_quiz: bool
    is_waiting: bool
    """Whether nobody does them: they wait for their turn, or their worker is gone. The others are being done."""
    jobs: int
    oldest: datetime


def backlog(session: Session, *, now: datetime) -> list[Backlog]:
    """Return the unfinished jobs by kind."""
    is_waiting = case((or_(GradingJob.status == JobStatus.QUEUED, GradingJob.leased_until < now), 1), else_=0)
    is_quiz = case((GradingJob.submission_id.is_(None), 1), else_=0)
    kinds = (GradingJob.queue, GradingJob.stage, is_quiz.label("is_quiz"), is_waiting.label("is_waiting"))
    rows = session.execute(
        select(*kinds, func.count(), func.min(GradingJob.created_at)).where(IS_UNFINISHED).group_by(*kinds)
    )
    return [
        Backlog(queue=queue, stage=stage, is_quiz=bool(quiz), is_waiting=bool(waiting), jobs=jobs, oldest=oldest)
        for queue, stage, quiz, waiting, jobs, oldest in rows
    ]


def count_given_up(session: Session) -> int:
    """Return how many jobs have failed for good by our fault."""
    return session.scalar(select(func.count()).where(GradingJob.status == JobStatus.FAILED)) or 0
