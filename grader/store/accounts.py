"""People: creating them, finding them, checking a password."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.store.courses import enrol
from grader.store.tables import Role, User

_HASHER = PasswordHasher()


def create_user(session: Session, username: str, display_name: str, role: Role, password: str, now: datetime) -> User:
    """Store a new user and enrol them in the course; the password is kept as an argon2 hash only."""
    user = User(
        username=username,
        display_name=display_name,
        role=role,
        password_hash=_HASHER.hash(password),
        created_at=now,
    )
    session.add(user)
    session.flush()
    enrol(session, user.id, role, now=now)
    return user


def user_by_id(session: Session, user_id: int) -> User | None:
    return session.get(User, user_id)


def user_by_name(session: Session, username: str) -> User | None:
    return session.scalar(select(User).where(User.username == username))


def one_at_a_time(session: Session, user_id: int) -> None:
    """Make other transactions that call this for the same user wait until this one ends.

    What a student hands in is numbered; on SQLite writers wait for each other anyway, elsewhere they do so here.
    """
    session.execute(select(User.id).where(User.id == user_id).with_for_update())


def authenticate(session: Session, username: str, password: str) -> User | None:
    """Return the user if the password is theirs. An unknown name costs as long as a wrong password."""
    user = user_by_name(session, username)
    try:
        _HASHER.verify(user.password_hash if user else _nobodys_hash(), password)
    except VerificationError:
        return None
    return user


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash("the password of nobody")
