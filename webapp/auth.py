"""Logging in and out."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_user, logout_user

from grader.store.accounts import authenticate
from grader.store.tables import User
from webapp.access import Visitor
from webapp.portal import portal

blueprint = Blueprint("auth", __name__)
limiter = Limiter(get_remote_address)

MAX_USERNAME = 64
MAX_PASSWORD = 1024


# Only failures count: a lecture hall that logs in at the same minute shares one address.
@blueprint.route("/log-in", methods=["GET", "POST"])
@limiter.limit("10/minute", methods=["POST"], deduct_when=lambda response: response.status_code != 302)
def log_in() -> ResponseReturnValue:
    """Show the log-in form, or log in and go where the visitor wanted to go."""
    destination = safe_destination(request.values.get("next"))
    if current_user.is_authenticated:
        return redirect(destination)
    if request.method == "GET":
        return render_template("auth/log_in.html", next=destination, username="", error="")
    username = request.form.get("username", "").strip()
    user = _authenticated(username, request.form.get("password", ""))
    if user is None:
        error = "The name or the password is not right. Passwords tell capitals from small letters."
        return render_template("auth/log_in.html", next=destination, username=username[:MAX_USERNAME], error=error), 401
    login_user(Visitor(user))
    return redirect(destination)


@blueprint.post("/log-out")
def log_out() -> ResponseReturnValue:
    """End the session."""
    logout_user()
    return redirect(url_for("auth.log_in"))


def safe_destination(wanted: str | None) -> str:
    """Return the path to go to after the log-in: a path of this portal, never another site."""
    home = url_for("exercises.index")
    if not wanted or not wanted.startswith("/") or wanted.startswith("//"):
        return home
    # Browsers read a backslash as a slash and drop tabs and newlines, so `/\evil` and `/<tab>/evil` leave the site.
    if "\\" in wanted or not wanted.isprintable():
        return home
    parts = urlsplit(wanted)
    return home if parts.scheme or parts.netloc else wanted


def _authenticated(username: str, password: str) -> User | None:
    if not username.isprintable() or len(username) > MAX_USERNAME or len(password) > MAX_PASSWORD:
        return None
    with portal().database.reading() as session:
        return authenticate(session, username, password)
