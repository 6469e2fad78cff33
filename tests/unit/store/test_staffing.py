"""More time, points set by hand, and the log that keeps who did so."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from grader.store.accounts import create_user
from grader.store.courses import newest_suite, suite_seen
from grader.store.database import Database
from grader.store.grade_tables import GradeKind
from grader.store.gradebook import gradebook
from grader.store.staffing import audit_log, due_of, extend, override
from grader.store.tables import Role, User

HOUR = timedelta(hours=1)


@pytest.fixture
def instructor(database: Database, now: datetime) -> User:
    with database.transaction() as session:
        return create_user(session, "emmy", "Emmy", Role.INSTRUCTOR, "password", now)


def test_an_extension_is_a_later_moment_for_one_student(
    database: Database, student: User, instructor: User, now: datetime
) -> None:
    with database.transaction() as session:
        extend(session, student, "adaptive", now + HOUR, "ill", actor=instructor, now=now)
        extend(session, student, "adaptive", now + 2 * HOUR, "still ill", actor=instructor, now=now)
    with database.reading() as session:
        assert due_of(session, student, "adaptive", now) == now + 2 * HOUR
        assert due_of(session, student, "adaptive", now + 3 * HOUR) == now + 3 * HOUR, "it is never less time"
        assert due_of(session, student, "momentum", now) == now
        assert due_of(session, instructor, "adaptive", now) == now
        assert due_of(session, student, "adaptive", None) is None


def test_points_set_by_hand_count_in_the_place_of_the_grade_and_can_be_taken_back(
    database: Database, student: User, now: datetime
) -> None:
    def set_to(points: float | None, kind: GradeKind = GradeKind.EXERCISE) -> None:
        with database.transaction() as session:
            override(session, student, "adaptive", kind, points, "agreed", actor=None, now=now)

    set_to(4.0)
    set_to(6.0)
    set_to(1.0, GradeKind.QUIZ)
    with database.reading() as session:
        (row,) = gradebook(session)
    assert (row.points, row.quiz_points) == ({"adaptive": 6.0}, {"adaptive": 1.0})
    assert row.overridden == {("adaptive", GradeKind.EXERCISE), ("adaptive", GradeKind.QUIZ)}
    set_to(None)
    with database.reading() as session:
        assert gradebook(session)[0].points == {}


def test_points_below_zero_are_refused_by_the_database(database: Database, student: User, now: datetime) -> None:
    with pytest.raises(IntegrityError, match="points_not_negative"), database.transaction() as session:
        override(session, student, "adaptive", GradeKind.EXERCISE, -1.0, "", actor=None, now=now)


def test_the_log_tells_who_did_what_newest_first(
    database: Database, student: User, instructor: User, now: datetime
) -> None:
    with database.transaction() as session:
        extend(session, student, "adaptive", now, "ill", actor=instructor, now=now)
        override(session, student, "adaptive", GradeKind.EXERCISE, 3.0, "agreed", actor=None, now=now + HOUR)
    with database.reading() as session:
        found = [
            (entry.action, entry.actor and entry.actor.username, entry.subject) for entry in audit_log(session, limit=5)
        ]
        assert found == [
            ("override", None, f"exercise adaptive of user {student.id}"),
            ("extend", "emmy", f"adaptive of user {student.id}"),
        ]
        assert len(audit_log(session, limit=1)) == 1


def test_the_newest_suite_is_the_one_that_graded_last(database: Database, now: datetime) -> None:
    with database.reading() as session:
        assert newest_suite(session, "adaptive") is None
    for version in ("1", "1", "2"):
        with database.transaction() as session:
            suite_seen(session, "adaptive", version, now=now)
    with database.reading() as session:
        assert newest_suite(session, "adaptive") == "2"
