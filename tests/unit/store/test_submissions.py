from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from grader.domain.queues import Queue
from grader.domain.submission import SourceFile
from grader.domain.verdict import JobStatus
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.submissions import history, recent, submission_by_id, submit
from grader.store.tables import GradingJob, Role, Submission, User

FILE = SourceFile("adaptive.py", b"x = 1\r\n\xff")


def hand_in(database: Database, student: User, now: datetime, exercise: str = "adaptive") -> GradingJob:
    with database.transaction() as session:
        return submit(session, student, exercise, [FILE], seed=7, now=now)


def test_a_submission_and_its_job_are_stored_together(database: Database, student: User, now: datetime) -> None:
    job = hand_in(database, student, now)
    assert job.submission_id is not None
    with database.reading() as session:
        stored = submission_by_id(session, job.submission_id)
    assert stored is not None
    assert [(file.name, file.content) for file in stored.files] == [(FILE.name, FILE.content)]
    assert [(job.status, job.seed, job.tries) for job in stored.jobs] == [(JobStatus.QUEUED, 7, 0)]
    assert stored.user.username == "ada" and stored.created_at == now


def test_a_failure_while_submitting_leaves_nothing_behind(database: Database, student: User, now: datetime) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        submit(session, student, "adaptive", [FILE, FILE], seed=7, now=now)
    with database.reading() as session:
        assert session.scalars(select(Submission)).all() == []
        assert session.scalars(select(GradingJob)).all() == []


def test_attempts_are_numbered_for_each_student_and_exercise(database: Database, student: User, now: datetime) -> None:
    with database.transaction() as session:
        other = create_user(session, "sofia", "Sofia", Role.STUDENT, "second-moment", now)
    for user, exercise in ((student, "adaptive"), (student, "adaptive"), (student, "dropout"), (other, "adaptive")):
        hand_in(database, user, now, exercise)
    with database.reading() as session:
        assert [found.attempt_no for found in history(session, student, "adaptive")] == [2, 1]
        assert [found.attempt_no for found in history(session, student, "dropout")] == [1]
        assert [found.attempt_no for found in history(session, other, "adaptive")] == [1]


def test_two_submissions_cannot_have_the_same_number(database: Database, student: User, now: datetime) -> None:
    hand_in(database, student, now)
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(Submission(user_id=student.id, exercise="adaptive", attempt_no=1, created_at=now))


def test_a_job_belongs_to_exactly_one_submission_or_quiz_attempt(database: Database, now: datetime) -> None:
    with pytest.raises(IntegrityError, match="one_subject"), database.transaction() as session:
        session.add(GradingJob(seed=0, queue=Queue.CPU, order_at=now, created_at=now))


def test_the_newest_submissions_come_in_pages(database: Database, student: User, now: datetime) -> None:
    made = [hand_in(database, student, now).submission_id for _ in range(3)]
    with database.reading() as session:
        first = recent(session, limit=2)
        assert [found.id for found in first] == [made[2], made[1]]
        assert [found.id for found in recent(session, limit=2, before_id=first[-1].id)] == [made[0]]
        assert submission_by_id(session, 999) is None
