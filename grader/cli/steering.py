"""`gradescent cancel`, `regrade`, `extend`, `override` and `log`: what staff do to work that was handed in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from grader.catalog import load_catalog
from grader.cli.console import ExitCode, complain, out, plain
from grader.domain.errors import NotNow
from grader.queue import JobQueue
from grader.settings import Settings
from grader.store.accounts import user_by_name
from grader.store.clock import database_now
from grader.store.courses import newest_suite
from grader.store.database import Database
from grader.store.grade_tables import GradeKind
from grader.store.staffing import audit_log, cancel, extend, grade_again, override
from grader.store.submissions import submission_by_id
from grader.store.tables import GradingJob, Submission

_TOGETHER = 200
"""So many submissions are put into the queue in one transaction: neither workers nor students wait long for it."""


def cancel_submissions(settings: Settings, numbers: Sequence[int]) -> ExitCode:
    """Cancel what is unfinished of submissions, also what has begun. Returns the exit code."""
    code = ExitCode.OK
    with _database(settings) as database:
        for number in numbers:
            with database.transaction() as session:
                submission = submission_by_id(session, number)
                if submission is None:
                    complain(f"there is no submission {number}")
                    code = ExitCode.USAGE
                    continue
                now = database_now(session)
                try:
                    cancel(session, submission, also_running=True, actor=None, now=now)
                except NotNow as refusal:
                    complain(str(refusal))
                    code = max(code, ExitCode.NOT_ACCEPTED)
                    continue
            out.print(f"Submission {number} is cancelled.", markup=False)
    return code


def regrade(settings: Settings, numbers: Sequence[int], exercise: str, *, everything: bool, urgently: bool) -> ExitCode:
    """Have submissions graded again: these, or those of an exercise that another version of its suite graded.

    With `everything` all of the exercise. Returns the exit code; raises `UnknownExercise`.
    """
    if exercise:
        load_catalog(settings.exercises_dir).exercise(exercise)
    code = ExitCode.OK
    with _database(settings) as database:
        queue = JobQueue(settings, database)
        wanted = list(numbers) or _of_exercise(database, exercise, everything=everything)
        count = 0
        for first in range(0, len(wanted), _TOGETHER):
            queued = []
            with database.transaction() as session:
                for number in wanted[first : first + _TOGETHER]:
                    job_id = _grade_again(session, number, urgently=urgently)
                    if job_id is None:
                        code = max(code, ExitCode.NOT_ACCEPTED)
                    else:
                        queued.append(job_id)
            for job_id in queued:
                queue.send_job(job_id)
            count += len(queued)
        queue.close()
    out.print(f"{count} submission{'s' * (count != 1)} wait to be graded again.", markup=False)
    return code


def _of_exercise(database: Database, exercise: str, *, everything: bool) -> list[int]:
    with database.reading() as session:
        newest = newest_suite(session, exercise)
        found = session.scalars(
            select(Submission)
            .where(Submission.exercise == exercise)
            .options(selectinload(Submission.jobs).selectinload(GradingJob.comparison))
            .order_by(Submission.id)
        )
        return [
            submission.id
            for submission in found
            if all(job.is_complete for job in submission.jobs)
            and (everything or submission.current.suite_version != newest)
        ]


def _grade_again(session: Session, number: int, *, urgently: bool) -> int | None:
    submission = submission_by_id(session, number)
    if submission is None:
        complain(f"there is no submission {number}")
        return None
    try:
        return grade_again(session, submission, urgently=urgently, actor=None, now=database_now(session)).id
    except NotNow as refusal:
        complain(str(refusal))
        return None


def extend_for(settings: Settings, username: str, exercise: str, due: datetime, reason: str) -> ExitCode:
    """Give a student more time. Returns the exit code; raises `UnknownExercise`."""
    rules = load_catalog(settings.exercises_dir).exercise(exercise).handing_in
    if rules.due is None:
        complain(f"{exercise} has no last moment: its manifest names none")
        return ExitCode.USAGE
    with _database(settings) as database, database.transaction() as session:
        user = user_by_name(session, username)
        if user is None:
            complain(f"there is no user {username!r}")
            return ExitCode.USAGE
        extend(session, user, exercise, due, reason, actor=None, now=database_now(session))
    out.print(plain(f"{username} has until {due:%Y-%m-%d %H:%M %Z} for {exercise}."), soft_wrap=True)
    return ExitCode.OK


def override_for(
    settings: Settings, username: str, exercise: str, points: float | None, reason: str, *, quiz: bool
) -> ExitCode:
    """Set a student's points by hand, or let the grade count again. Returns the exit code."""
    load_catalog(settings.exercises_dir).exercise(exercise)
    kind = GradeKind.QUIZ if quiz else GradeKind.EXERCISE
    with _database(settings) as database, database.transaction() as session:
        user = user_by_name(session, username)
        if user is None:
            complain(f"there is no user {username!r}")
            return ExitCode.USAGE
        override(session, user, exercise, kind, points, reason, actor=None, now=database_now(session))
    words = "the recorded grade counts again" if points is None else f"{points:g} points count"
    out.print(plain(f"{username}, {exercise}{' quiz' if quiz else ''}: {words}."), soft_wrap=True)
    return ExitCode.OK


def show_log(settings: Settings, limit: int) -> ExitCode:
    """Print the newest entries of the audit log, newest first. Returns the exit code."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for head in ("when", "who", "what", "to what", "details"):
        table.add_column(head)
    with _database(settings) as database, database.reading() as session:
        for entry in audit_log(session, limit=limit):
            who = entry.actor.username if entry.actor else "a command"
            details = ", ".join(f"{name} {value}" for name, value in entry.details.items() if value not in (None, ""))
            cells = (f"{entry.at:%Y-%m-%d %H:%M:%S}", who, entry.action, entry.subject, details)
            table.add_row(*(plain(cell) for cell in cells))
    out.print(table)
    return ExitCode.OK


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.resolved_database_url())
    database.require_newest_schema()
    yield database
    database.close()
