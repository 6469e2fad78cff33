"""The list of exercises, an exercise's instructions and files, the bundle."""

from __future__ import annotations

from flask import Blueprint, Response, abort, render_template, send_from_directory, url_for
from flask.typing import ResponseReturnValue

from grader.bundle import BUNDLE_NAME, make_bundle
from grader.store.gradebook import gradebook
from grader.store.quizzes import quiz_history
from grader.store.standing import standings
from grader.store.submissions import history
from webapp.access import allowed, visitor
from webapp.markdown import render_document
from webapp.portal import portal

blueprint = Blueprint("exercises", __name__)


@blueprint.get("/")
@allowed()
def index() -> ResponseReturnValue:
    """List the exercises with the visitor's best points and where each stands."""
    with portal().database.reading() as session:
        best = gradebook(session, [visitor()])[0]
        standing = standings(session, visitor())
    return render_template("exercises/index.html", catalog=portal().catalog, best=best, standings=standing)


@blueprint.get("/exercises/<slug>")
@allowed()
def exercise(slug: str) -> ResponseReturnValue:
    """Show an exercise: instructions, points, what the visitor has handed in."""
    catalog = portal().catalog
    found = catalog.exercise(slug)
    document = render_document(
        catalog.instructions(slug), files=frozenset(found.bundle), files_url=url_for(".file", slug=slug, name="")
    )
    with portal().database.reading() as session:
        best = gradebook(session, [visitor()])[0]
        attempts = history(session, visitor(), slug)
        quiz_attempts = quiz_history(session, visitor(), slug)
    return render_template(
        "exercises/exercise.html",
        exercise=found,
        quiz=catalog.quiz(slug),
        document=document,
        best=best,
        attempts=attempts,
        quiz_attempts=quiz_attempts,
    )


# The empty default lets `url_for` name the folder that all files are below.
@blueprint.get("/exercises/<slug>/files/", defaults={"name": ""})
@blueprint.get("/exercises/<slug>/files/<path:name>")
@allowed()
def file(slug: str, name: str) -> ResponseReturnValue:
    """Serve one file that the exercise's manifest gives to students, and no other."""
    found = portal().catalog.exercise(slug)
    if name not in found.bundle:
        abort(404)
    is_image = name.endswith((".svg", ".png", ".jpg", ".webp"))
    response = send_from_directory(found.folder, name, mimetype=None if is_image else "text/plain; charset=utf-8")
    # An SVG that is opened by itself is a document: it may have its styles, but never a script.
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


@blueprint.get("/bundle.zip")
@allowed()
def bundle() -> ResponseReturnValue:
    """Send all exercises' student-side files as one archive."""
    return Response(
        make_bundle(portal().catalog),
        mimetype="application/zip",
        headers={"Content-Disposition": f"attachment; filename={BUNDLE_NAME}"},
    )
