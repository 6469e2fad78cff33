from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError

from grader.store.accounts import authenticate, create_user, user_by_id, user_by_name
from grader.store.database import Database
from grader.store.tables import Role, User


def test_the_right_password_opens_the_account(database: Database, student: User) -> None:
    with database.reading() as session:
        found = authenticate(session, "ada", "first-moment")
    assert found is not None and found.id == student.id


@pytest.mark.parametrize(("username", "password"), [("ada", "wrong"), ("ada", ""), ("nobody", "first-moment")])
def test_a_wrong_name_or_password_opens_nothing(
    database: Database, student: User, username: str, password: str
) -> None:
    with database.reading() as session:
        assert authenticate(session, username, password) is None


def test_the_password_is_kept_as_a_hash_only(student: User) -> None:
    assert student.password_hash.startswith("$argon2id$")


def test_a_user_name_is_taken_once(database: Database, student: User, now: datetime) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        create_user(session, "ada", "Another Ada", Role.STUDENT, "password", now)


def test_people_are_found_by_id_and_by_name(database: Database, student: User) -> None:
    with database.reading() as session:
        by_id, by_name = user_by_id(session, student.id), user_by_name(session, "ada")
        assert by_id is by_name is not None
        assert user_by_id(session, 999) is None
