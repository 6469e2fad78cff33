"""Who is asking, and what they may: the log-in session and the one decorator that checks roles."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, cast

from flask import Flask, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, current_user

from grader.store.accounts import user_by_id
from grader.store.tables import Role, User
from webapp.portal import portal

Arguments = ParamSpec("Arguments")
ROLES_OF_VIEW = "roles_of_view"


class Visitor:
    """Somebody who has logged in, as Flask-Login wants to see them."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        """What the session remembers. It names the password too, so that a new password ends older sessions."""
        return f"{self.user.id}.{hashlib.sha256(self.user.password_hash.encode()).hexdigest()[:16]}"


def allowed(
    *roles: Role,
) -> Callable[[Callable[Arguments, ResponseReturnValue]], Callable[Arguments, ResponseReturnValue]]:
    """Let only these roles reach a view (none given: everybody who is logged in); others log in or read a 403."""

    def decorate(view: Callable[Arguments, ResponseReturnValue]) -> Callable[Arguments, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> ResponseReturnValue:
            if not current_user.is_authenticated:
                wanted = request.full_path.rstrip("?") if request.method == "GET" else None
                return redirect(url_for("auth.log_in", next=wanted))
            if roles and visitor().role not in roles:
                abort(403)
            return view(*args, **kwargs)

        setattr(guarded, ROLES_OF_VIEW, roles or tuple(Role))
        return guarded

    return decorate


def visitor() -> User:
    """Return the user who is logged in; for views that `allowed` guards."""
    return cast(Visitor, current_user).user


def is_staff() -> bool:
    """Whether the one who asks is an instructor."""
    return bool(current_user.is_authenticated) and visitor().role is Role.INSTRUCTOR


def may_see(owner_id: int) -> bool:
    """Whether the one who asks may see what belongs to this user: their own, or anybody's for an instructor."""
    return visitor().id == owner_id or is_staff()


def install(app: Flask) -> None:
    """Teach the app to recognise its visitors."""
    manager = LoginManager()
    manager.user_loader(_load)
    manager.init_app(app)
    app.add_template_global(is_staff)


def _load(remembered: str) -> Visitor | None:
    number, _, _ = remembered.partition(".")
    if not number.isdecimal() or len(number) > 9:
        return None
    with portal().database.reading() as session:
        user = user_by_id(session, int(number))
    found = Visitor(user) if user else None
    return found if found and found.get_id() == remembered else None
