from __future__ import annotations

from datetime import datetime, timedelta

from grader.domain.check import CheckResult, Visibility
from grader.domain.quiz import AnswerScore
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.store import jobs
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.gradebook import gradebook
from grader.store.quizzes import submit_answers, write_scores
from grader.store.submissions import submit
from grader.store.tables import Role, User


def grade(database: Database, student: User, points: float, now: datetime) -> None:
    check = CheckResult(
        name="c", task="1", verdict=Verdict.ACCEPTED, points=points, max_points=9.0, visibility=Visibility.VISIBLE
    )
    report = Report(exercise="adaptive", checks=(check,), tier="t", seed=0, suite_version="v", seconds=0.0)
    with database.transaction() as session:
        job = submit(session, student, "adaptive", [SourceFile("adaptive.py", b"x")], seed=0, now=now)
        claim = jobs.claim(session, job.id, now=now, lease=timedelta(seconds=15))
        assert claim is not None
        jobs.finish(session, claim, report, now=now)


def test_the_best_graded_score_counts(database: Database, student: User, now: datetime) -> None:
    for points in (3.0, 7.0, 5.0):
        grade(database, student, points, now)
    with database.transaction() as session:
        submit(session, student, "adaptive", [SourceFile("adaptive.py", b"x")], seed=0, now=now)
    with database.reading() as session:
        (row,) = gradebook(session)
    assert row.points == {"adaptive": 7.0}


def test_the_gradebook_lists_every_student_by_name_and_no_instructor(
    database: Database, student: User, now: datetime
) -> None:
    with database.transaction() as session:
        create_user(session, "emmy", "Emmy", Role.INSTRUCTOR, "password", now)
        create_user(session, "zoe", "A. Zoe", Role.STUDENT, "password", now)
    with database.reading() as session:
        assert [row.user.username for row in gradebook(session)] == ["zoe", "ada"]
        assert [row.user.username for row in gradebook(session, [student])] == ["ada"]


def test_a_quiz_with_a_provisional_score_is_marked(database: Database, student: User, now: datetime) -> None:
    with database.transaction() as session:
        job = submit_answers(session, student, "adaptive", {"q": "text"}, allowed=1, now=now)
        claim = jobs.claim(session, job.id, now=now, lease=timedelta(seconds=15))
        assert claim is not None and job.quiz_attempt_id is not None
        jobs.finish_quiz(session, claim, points=1.0, max_points=3.0, now=now)
        score = AnswerScore(question="q", points=1.0, max_points=3.0, is_provisional=True)
        write_scores(session, job.quiz_attempt_id, [score])
    with database.reading() as session:
        (row,) = gradebook(session)
    assert (row.quiz_points, row.provisional) == ({"adaptive": 1.0}, {"adaptive"})
