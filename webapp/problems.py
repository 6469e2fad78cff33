"""Pages for what went wrong, in words that say what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from grader.catalog import Catalog
from grader.domain.errors import UnknownExercise
from grader.domain.submission import MAX_SOURCE_BYTES
from webapp.portal import portal


@dataclass(frozen=True)
class Problem:
    """What a page about a problem says."""

    title: str
    words: str


PROBLEMS = {
    400: Problem("That request made no sense", "Go back and try it again from the page."),
    403: Problem(
        "This page is for instructors", "Your account cannot open it. Your own results are with each exercise."
    ),
    404: Problem("There is nothing here", "The address may be misspelt, or the page belongs to somebody else."),
    405: Problem("That is not how this page works", "Open it from the list of exercises instead."),
    413: Problem(
        "That is too large",
        f"Nothing was stored. A solution is one Python file of at most {MAX_SOURCE_BYTES // 1024} KiB, and a typical "
        "one has 5. Send the file alone, without data, notebooks or archives; in a quiz, shorten your answer.",
    ),
    429: Problem("Too many attempts", "Wait a minute, then try to log in again."),
    500: Problem(
        "The portal failed", "This is our fault, not yours. What you had handed in before is safe; try again."
    ),
}
_EXPIRED = Problem(
    "This form has expired",
    "You may have logged out in another tab. Go back (your text is still there), copy it, reload the page and send "
    "again.",
)


def install(app: Flask) -> None:
    """Answer errors with pages."""
    app.register_error_handler(UnknownExercise, _unknown_exercise)
    app.register_error_handler(CSRFError, _expired_form)
    app.register_error_handler(HTTPException, _http_error)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code not in PROBLEMS:
        return error.get_response()
    if code == 500:
        # Without Flask's context processors: they load the visitor, and the database may be what failed.
        return current_app.jinja_env.get_template("failure.html").render(problem=PROBLEMS[code]), code
    return _page(PROBLEMS[code], code)


def _expired_form(_: CSRFError) -> ResponseReturnValue:
    return _page(_EXPIRED, 400)


def _unknown_exercise(error: UnknownExercise) -> ResponseReturnValue:
    problem = Problem("There is no such exercise", f"Nothing is called “{error.slug[:80]}” in this course.")
    return _page(problem, 404, portal().catalog)


def _page(problem: Problem, code: int, catalog: Catalog | None = None) -> ResponseReturnValue:
    exercises = catalog.exercises if catalog and current_user.is_authenticated else ()
    return render_template("problem.html", problem=problem, code=code, exercises=exercises), code
