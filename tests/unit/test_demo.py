from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from grader.catalog import load_catalog
from grader.demo import DEMO_USERS, load_demo, unfinished
from grader.domain.errors import SettingsError
from grader.queue import JobQueue
from grader.settings import Settings
from grader.store.accounts import authenticate
from grader.store.database import Database
from grader.store.tables import Role, Submission, User


def load(settings: Settings, database: Database) -> list[int]:
    queue = JobQueue(settings, database)
    try:
        return load_demo(settings, load_catalog(settings.exercises_dir), database, queue)
    finally:
        queue.close()


def test_the_demo_has_an_instructor_and_three_students_who_can_log_in(settings: Settings, database: Database) -> None:
    load(settings, database)
    with database.reading() as session:
        for demo in DEMO_USERS:
            assert authenticate(session, demo.username, demo.password) is not None
    assert [demo.role for demo in DEMO_USERS].count(Role.STUDENT) == 3


def test_the_stub_a_wrong_and_a_right_solution_are_submitted_in_the_normal_way(
    settings: Settings, database: Database
) -> None:
    job_ids = load(settings, database)
    assert unfinished(database, job_ids) == 3
    stub = settings.exercises_dir / "adaptive" / "adaptive.py"
    with database.reading() as session:
        submissions = session.scalars(select(Submission).order_by(Submission.attempt_no)).all()
        contents = [submission.files[0].content for submission in submissions]
    assert contents[0] == stub.read_bytes()
    assert len(set(contents)) == 3


def test_loading_it_again_adds_nothing(settings: Settings, database: Database) -> None:
    load(settings, database)
    assert load(settings, database) == []
    with database.reading() as session:
        assert len(session.scalars(select(User)).all()) == 4
        assert len(session.scalars(select(Submission)).all()) == 3


def test_production_refuses_passwords_that_everybody_knows(settings: Settings, database: Database) -> None:
    with pytest.raises(SettingsError, match="production refuses"):
        load(replace(settings, environment="production"), database)
    with database.reading() as session:
        assert session.scalars(select(User)).all() == []
