"""What an operator wants to know of an installation: its database, broker, disk, workers and what waits."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from grader.doctor import Finding, State
from grader.readiness import Readiness
from grader.settings import Settings
from grader.store.backlog import backlog
from grader.store.clock import database_now
from grader.store.database import Database, newest_schema, sqlite_file
from grader.store.workers import silence, workers_by_queue

_LITTLE_SPACE, _TOO_LITTLE_SPACE = 2 << 30, 200 << 20
_LONG_WAIT = timedelta(minutes=10)


def examine_installation(settings: Settings) -> Iterator[Finding]:
    """Yield what was found, in the order in which a reader wants it. Nothing is made that is not there."""
    yield _about_disk(settings.data_dir)
    if settings.is_production and not (settings.database_url and settings.broker_url):
        yield Finding(
            "servers",
            State.WEAK,
            "the embedded database or broker in production: good for one machine, and for no more than that",
            "GRADESCENT_DATABASE_URL and GRADESCENT_BROKER_URL name PostgreSQL and Redis or RabbitMQ.",
        )
    file = sqlite_file(settings.resolved_database_url())
    if file is not None and not file.exists():
        yield Finding("database", State.GOOD, f"none yet; `gradescent serve` or `gradescent migrate` makes {file}")
        return
    with closing(Database(settings.resolved_database_url())) as database:
        faults = Readiness(settings, database).faults()
        yield _about_database(faults)
        yield _about_broker(faults)
        if "database" not in faults and "schema" not in faults:
            yield from _about_work(settings, database)


def _about_disk(folder: Path) -> Finding:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    text = f"{free / (1 << 30):.1f} GiB free for {folder}"
    if free < _TOO_LITTLE_SPACE:
        return Finding("disk", State.BAD, text, "Nothing can be stored soon: make room now.")
    if free < _LITTLE_SPACE:
        return Finding("disk", State.WEAK, text, "Make room, or move GRADESCENT_DATA_DIR.")
    return Finding("disk", State.GOOD, text)


def _about_database(faults: dict[str, str]) -> Finding:
    if "database" in faults:
        return Finding(
            "database", State.BAD, faults["database"], "Look at GRADESCENT_DATABASE_URL, and whether it runs."
        )
    if "schema" in faults:
        return Finding("database", State.BAD, f"schema: {faults['schema']}", "Make a backup before: gradescent backup.")
    return Finding("database", State.GOOD, f"answers, with the newest schema ({newest_schema()})")


def _about_broker(faults: dict[str, str]) -> Finding:
    if "broker" in faults:
        advice = "What is handed in is kept and graded later. Look at GRADESCENT_BROKER_URL, and whether it runs."
        return Finding("broker", State.BAD, faults["broker"], advice)
    return Finding("broker", State.GOOD, "can be reached")


def _about_work(settings: Settings, database: Database) -> Iterator[Finding]:
    try:
        with database.reading() as session:
            now = database_now(session)
            found = [entry for entry in backlog(session, now=now) if entry.is_waiting]
            workers = workers_by_queue(session, since=now - silence(timedelta(seconds=settings.lease_seconds)))
    except SQLAlchemyError as error:
        yield Finding("queue", State.BAD, f"the database did not tell ({type(error).__name__})")
        return
    if workers:
        yield Finding("workers", State.GOOD, ", ".join(f"{queue}: {count}" for queue, count in sorted(workers.items())))
    else:
        yield Finding("workers", State.WEAK, "none is there", "`gradescent worker` starts one.")
    if not found:
        yield Finding("queue", State.GOOD, "nothing waits")
        return
    age = now - min(entry.oldest for entry in found)
    text = f"jobs that wait: {sum(entry.jobs for entry in found)}, the oldest for {_words(age)}"
    if age > _LONG_WAIT:
        yield Finding("queue", State.WEAK, text, "More workers, or GRADESCENT_CONCURRENCY, would help.")
    else:
        yield Finding("queue", State.GOOD, text)


def _words(age: timedelta) -> str:
    seconds = age.total_seconds()
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
