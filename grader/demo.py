"""The demo course: four people, and a student whose three submissions the real worker grades. Development only."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from grader.catalog import Catalog
from grader.domain.errors import SettingsError
from grader.domain.submission import SourceFile
from grader.queue import JobQueue
from grader.settings import Settings
from grader.store.accounts import create_user, user_by_name
from grader.store.database import Database
from grader.store.submissions import history, submit
from grader.store.tables import GradingJob, Role, User


@dataclass(frozen=True)
class DemoUser:
    """Somebody of the demo course; the password is no secret."""

    username: str
    display_name: str
    role: Role
    password: str


DEMO_USERS = (
    DemoUser("emmy", "Emmy Noether", Role.INSTRUCTOR, "steepest-descent"),
    DemoUser("ada", "Ada Lovelace", Role.STUDENT, "first-moment"),
    DemoUser("sofia", "Sofia Kovalevskaya", Role.STUDENT, "second-moment"),
    DemoUser("carl", "Carl Friedrich Gauss", Role.STUDENT, "least-squares"),
)

_EXERCISE = "adaptive"
_SOLUTIONS = Path(__file__).parent / "demo_solutions"


def load_demo(settings: Settings, catalog: Catalog, database: Database, queue: JobQueue) -> list[int]:
    """Store the demo course where it is missing and send its jobs. Returns the ids of the jobs sent.

    Raises `SettingsError` in production: everybody knows these passwords.
    """
    if settings.is_production:
        raise SettingsError("The demo course has passwords that everybody knows; production refuses it.")
    with database.transaction() as session:
        users = [_ensure_user(session, wanted) for wanted in DEMO_USERS]
        jobs = _ensure_submissions(session, users[1], catalog)
    for job in jobs:
        queue.send_job(job.id)
    return [job.id for job in jobs]


def unfinished(database: Database, job_ids: Sequence[int]) -> int:
    """Return how many of these jobs still wait for their verdict."""
    with database.reading() as session:
        found = session.scalars(select(GradingJob.status).where(GradingJob.id.in_(job_ids))).all()
    return sum(not status.is_final for status in found)


def _ensure_user(session: Session, wanted: DemoUser) -> User:
    known = user_by_name(session, wanted.username)
    if known is not None:
        return known
    return create_user(
        session, wanted.username, wanted.display_name, wanted.role, wanted.password, now=datetime.now(UTC)
    )


def _ensure_submissions(session: Session, student: User, catalog: Catalog) -> list[GradingJob]:
    """Submit the stub, a wrong and a right solution, in this order, once and where the course has the exercise."""
    exercise = next((found for found in catalog.exercises if found.slug == _EXERCISE), None)
    if exercise is None or history(session, student, _EXERCISE):
        return []  # another course, or not the first start
    sources = (
        exercise.folder / exercise.solution_name,
        _SOLUTIONS / f"{_EXERCISE}_wrong.py",
        _SOLUTIONS / f"{_EXERCISE}_right.py",
    )
    return [
        submit(
            session,
            student,
            _EXERCISE,
            [SourceFile(exercise.solution_name, source.read_bytes())],
            seed=secrets.randbelow(2**31),
            now=datetime.now(UTC),
        )
        for source in sources
    ]
