"""`gradescent user add`."""

from __future__ import annotations

from datetime import UTC, datetime

from grader.cli.console import ExitCode, complain, out, plain
from grader.settings import Settings
from grader.store.accounts import create_user, user_by_name
from grader.store.database import Database
from grader.store.tables import Role


def add_user(settings: Settings, username: str, name: str, password: str, *, is_instructor: bool) -> int:
    """Store a new user. Returns the exit code."""
    if not username.strip() or len(username) > 64 or not username.isprintable():
        complain("a user name has 1 to 64 printable characters")
        return ExitCode.USAGE
    if not name.strip() or len(name) > 128:
        complain("a name has 1 to 128 characters")
        return ExitCode.USAGE
    if len(password) < 8:
        complain("a password needs at least 8 characters")
        return ExitCode.USAGE
    database = Database(settings.resolved_database_url())
    database.require_newest_schema()
    with database.transaction() as session:
        if user_by_name(session, username) is not None:
            complain(f"there is a user {username!r} already")
            return ExitCode.USAGE
        role = Role.INSTRUCTOR if is_instructor else Role.STUDENT
        create_user(session, username, name, role, password, now=datetime.now(UTC))
    database.close()
    out.print(plain(f"{name} can log in as {username} ({role})."), soft_wrap=True)
    return ExitCode.OK
