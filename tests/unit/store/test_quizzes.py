from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from grader.domain.errors import UploadRefused
from grader.domain.quiz import AnswerScore
from grader.domain.verdict import JobStatus, Verdict
from grader.store import jobs
from grader.store.database import Database
from grader.store.quizzes import (
    attempt_by_id,
    attempts_used,
    confirm_score,
    quiz_history,
    submit_answers,
)
from grader.store.standing import unconfirmed_answers
from grader.store.tables import GradingJob, QuizAttempt, User

ANSWERS = {"q1": "a", "q2": ["a", "b"], "q3": "because"}
SCORES = [
    AnswerScore(question="q1", points=1.0, max_points=1.0),
    AnswerScore(question="q3", points=1.0, max_points=3.0, is_provisional=True, explanation="e"),
]


def hand_in(database: Database, student: User, now: datetime, allowed: int = 2) -> GradingJob:
    with database.transaction() as session:
        return submit_answers(session, student, "adaptive", ANSWERS, allowed=allowed, now=now)


def score(database: Database, student: User, now: datetime) -> int:
    job = hand_in(database, student, now)
    assert job.quiz_attempt_id is not None
    with database.transaction() as session:
        claim = jobs.claim(session, job.id, now=now, lease=timedelta(seconds=15))
        assert claim is not None
        jobs.finish_quiz(session, claim, job.quiz_attempt_id, SCORES, now=now)
    return job.quiz_attempt_id


def read(database: Database, attempt_id: int) -> QuizAttempt:
    with database.reading() as session:
        attempt = attempt_by_id(session, attempt_id)
    assert attempt is not None
    return attempt


def test_answers_are_stored_as_they_were_given(database: Database, student: User, now: datetime) -> None:
    job = hand_in(database, student, now)
    with database.reading() as session:
        (attempt,) = quiz_history(session, student, "adaptive")
    assert attempt.answers == ANSWERS
    assert (attempt.job.id, attempt.job.status) == (job.id, JobStatus.QUEUED)


def test_a_quiz_can_be_handed_in_as_often_as_it_says(database: Database, student: User, now: datetime) -> None:
    for _ in range(2):
        hand_in(database, student, now)
    with pytest.raises(UploadRefused, match="can be handed in 2 times"):
        hand_in(database, student, now)
    with database.reading() as session:
        assert attempts_used(session, student, "adaptive") == 2
        assert attempts_used(session, student, "dropout") == 0


def test_scores_finish_the_job_and_wait_for_an_instructor(database: Database, student: User, now: datetime) -> None:
    attempt = read(database, score(database, student, now))
    assert [(row.question, row.points, row.is_provisional) for row in attempt.scores] == [
        ("q1", 1.0, False),
        ("q3", 1.0, True),
    ]
    assert (attempt.job.status, attempt.job.verdict) == (JobStatus.GRADED, Verdict.WRONG_ANSWER)
    with database.reading() as session:
        assert [row.question for row, _ in unconfirmed_answers(session, limit=10)] == ["q3"]


def test_a_confirmed_score_counts_in_the_attempts_total(database: Database, student: User, now: datetime) -> None:
    attempt_id = score(database, student, now)
    with database.transaction() as session:
        ((waiting, _),) = unconfirmed_answers(session, limit=10)
        confirm_score(session, waiting, 2.5, student, now=now)
    attempt = read(database, attempt_id)
    assert attempt.job.points == 3.5
    assert (attempt.scores[1].confirmed_by_id, attempt.scores[1].confirmed_at) == (student.id, now)
    with database.reading() as session:
        assert [score for score, _ in unconfirmed_answers(session, limit=10)] == []


@pytest.mark.parametrize("points", [-0.5, 3.5, float("nan")])
def test_a_score_outside_its_range_cannot_be_confirmed(
    database: Database, student: User, now: datetime, points: float
) -> None:
    score(database, student, now)
    with database.transaction() as session:
        ((waiting, _),) = unconfirmed_answers(session, limit=10)
        with pytest.raises(ValueError, match="between 0 and 3"):
            confirm_score(session, waiting, points, student, now=now)
