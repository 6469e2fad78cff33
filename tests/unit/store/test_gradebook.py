from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import event

from grader.domain.check import CheckResult, Visibility
from grader.domain.comparison import ComparisonReport, Plan
from grader.domain.quiz import AnswerScore
from grader.domain.report import Report
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.store import jobs
from grader.store.accounts import create_user
from grader.store.database import Database
from grader.store.gradebook import gradebook
from grader.store.quizzes import submit_answers
from grader.store.submissions import submit
from grader.store.tables import GradingJob, Role, User


def grade(
    database: Database, student: User, points: float, now: datetime, comparison: Plan | None = None
) -> GradingJob | None:
    """Hand in and grade the checks; returns the job of the comparison."""
    check = CheckResult(
        name="c", task="1", verdict=Verdict.ACCEPTED, points=points, max_points=9.0, visibility=Visibility.VISIBLE
    )
    report = Report(exercise="adaptive", checks=(check,), tier="t", seed=0, suite_version="v", seconds=0.0)
    with database.transaction() as session:
        job = submit(session, student, "adaptive", [SourceFile("adaptive.py", b"x")], seed=0, now=now)
        claim = jobs.claim(session, job.id, now=now, lease=timedelta(seconds=15))
        assert claim is not None
        return jobs.finish(session, claim, report, now=now, comparison=comparison)


def compare(database: Database, job: GradingJob | None, points: float, now: datetime) -> None:
    check = CheckResult(
        name="c", task="1", verdict=Verdict.ACCEPTED, points=points, max_points=9.0, visibility=Visibility.VISIBLE
    )
    assert job is not None
    with database.transaction() as session:
        claim = jobs.claim(session, job.id, now=now, lease=timedelta(seconds=15))
        assert claim is not None
        jobs.finish_comparison(session, claim, ComparisonReport(max_points=9.0, checks=(check,)), now=now)


def test_the_best_graded_score_counts(database: Database, student: User, now: datetime) -> None:
    for points in (3.0, 7.0, 5.0):
        grade(database, student, points, now)
    with database.transaction() as session:
        submit(session, student, "adaptive", [SourceFile("adaptive.py", b"x")], seed=0, now=now)
    with database.reading() as session:
        (row,) = gradebook(session)
    assert row.points == {"adaptive": 7.0}


def test_the_points_of_checks_and_comparison_are_added_before_the_best_is_chosen(
    database: Database, student: User, now: datetime
) -> None:
    plan = Plan(points=9.0)
    compare(database, grade(database, student, 5.0, now, plan), 4.0, now)
    compare(database, grade(database, student, 6.0, now, plan), 1.0, now)
    with database.reading() as session:
        (row,) = gradebook(session)
    assert row.points == {"adaptive": 9.0}


def test_while_a_comparison_runs_and_when_it_fails_the_checks_points_count(
    database: Database, student: User, now: datetime
) -> None:
    following = grade(database, student, 5.0, now, Plan(points=9.0))
    assert following is not None
    with database.reading() as session:
        assert gradebook(session)[0].points == {"adaptive": 5.0}
    for _ in range(jobs.MAX_TRIES):
        with database.transaction() as session:
            claim = jobs.claim(session, following.id, now=now, lease=timedelta(seconds=15))
            assert claim is not None
            jobs.put_back(session, claim, "a fault of ours", now=now)
    with database.reading() as session:
        assert gradebook(session)[0].points == {"adaptive": 5.0}


def test_the_gradebook_takes_as_many_queries_for_many_submissions_as_for_one(
    database: Database, student: User, now: datetime
) -> None:
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda _c, _s, statement, *_: asked.append(statement))

    def count() -> int:
        asked.clear()
        with database.reading() as session:
            gradebook(session)
        return len(asked)

    compare(database, grade(database, student, 5.0, now, Plan(points=9.0)), 4.0, now)
    with_one = count()
    for _ in range(5):
        compare(database, grade(database, student, 5.0, now, Plan(points=9.0)), 4.0, now)
    assert count() == with_one


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
        score = AnswerScore(question="q", points=1.0, max_points=3.0, is_provisional=True)
        jobs.finish_quiz(session, claim, job.quiz_attempt_id, [score], now=now)
    with database.reading() as session:
        (row,) = gradebook(session)
    assert (row.quiz_points, row.provisional) == ({"adaptive": 1.0}, {"adaptive"})
