"""Handing in a solution, and reading what the grader made of it while it does."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from flask import Blueprint, Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from grader.domain.errors import NotNow, UnknownExercise, UploadRefused
from grader.domain.exercise import Exercise
from grader.domain.report import Audience
from grader.domain.submission import SourceFile, accept_uploads
from grader.store import staffing
from grader.store.clock import database_now
from grader.store.staffing import due_of
from grader.store.standing import counted_attempts, progress_of, same_request
from grader.store.submissions import history, submission_by_id, submit
from grader.store.tables import GradingJob, Role, Submission
from webapp.access import allowed, is_staff, may_see, visitor
from webapp.highlight import listing
from webapp.live import answer, follow, state_of, words_of
from webapp.portal import now, portal
from webapp.results import Result, result_of
from webapp.waiting import Phase, phases_of
from webapp.watching import Fragment

blueprint = Blueprint("submissions", __name__)

SUBMISSION = "/submissions/<int(max=2147483647):submission_id>"


@blueprint.route("/exercises/<slug>/submit", methods=["GET", "POST"])
@allowed()
def hand_in(slug: str) -> ResponseReturnValue:
    """Show the form (`?from=` an earlier submission fills it), or store a submission and go to its page."""
    exercise = portal().catalog.exercise(slug)
    if request.method == "GET":
        return _form(exercise, _earlier_code(slug))
    pasted = request.form.get("code", "")
    try:
        stored = _store(exercise, _source_files(exercise, pasted))
    except UploadRefused as refusal:
        return _form(exercise, pasted, str(refusal)), 422
    return redirect(url_for(".submission", submission_id=stored))


@blueprint.post(f"{SUBMISSION}/cancel")
@allowed()
def cancel(submission_id: int) -> ResponseReturnValue:
    """Cancel a submission that waits; staff also one that is being graded."""
    with portal().database.transaction() as session:
        found, moment = _visible(session, submission_id), database_now(session)
        try:
            staffing.cancel(session, found, also_running=is_staff(), actor=visitor(), now=moment)
        except NotNow as refusal:
            flash(str(refusal))
    return redirect(url_for(".submission", submission_id=submission_id))


@blueprint.post(f"{SUBMISSION}/grade-again")
@allowed(Role.INSTRUCTOR)
def grade_again(submission_id: int) -> ResponseReturnValue:
    """Have a submission graded once more, before others: somebody waits for it."""
    job = None
    with portal().database.transaction() as session:
        found, moment = _visible(session, submission_id), database_now(session)
        try:
            job = staffing.grade_again(session, found, urgently=True, actor=visitor(), now=moment)
        except NotNow as refusal:
            flash(str(refusal))
    if job is not None:
        portal().send(job.id)
    return redirect(url_for(".submission", submission_id=submission_id))


@blueprint.get(SUBMISSION)
@allowed()
def submission(submission_id: int) -> ResponseReturnValue:
    """Show a submission: its result so far, its code, the other attempts."""
    found = _visible_submission(submission_id)
    with portal().database.reading() as session:
        attempts = history(session, found.user, found.exercise)
    view = _view(found)
    code = listing(_source(found), marked=view.result.fault_lines)
    return render_template("submissions/submission.html", **vars(view), attempts=attempts, listing=code)


@blueprint.get(f"{SUBMISSION}/events")
@allowed()
def events(submission_id: int) -> ResponseReturnValue:
    """Stream the submission's result while it changes."""
    newest = _visible_submission(submission_id).newest
    return follow(newest.id, _audience(), lambda: _fragment(submission_id))


@blueprint.get(f"{SUBMISSION}/result")
@allowed()
def result(submission_id: int) -> ResponseReturnValue:
    """Answer a page that asks for the submission's result because it cannot have the stream."""
    return answer(_visible_submission(submission_id).newest, lambda: _fragment(submission_id))


@blueprint.get(f"{SUBMISSION}/report.json")
@allowed()
def report(submission_id: int) -> ResponseReturnValue:
    """Send the newest report as this reader may see it; the page's script draws its pictures from it."""
    return jsonify(_view(_visible_submission(submission_id)).result.report)


@blueprint.get(f"{SUBMISSION}/<name>")
@allowed()
def file(submission_id: int, name: str) -> ResponseReturnValue:
    """Send a submitted file back, as a download."""
    found = next((file for file in _visible_submission(submission_id).files if file.name == name), None)
    if found is None:
        abort(404)
    headers = {"Content-Disposition": f"attachment; filename={found.name}"}
    return Response(found.content, mimetype="text/plain", headers=headers)


def _source_files(exercise: Exercise, pasted: str) -> list[SourceFile]:
    """Return what was handed in: the solution as a file or pasted, and the files that came along."""
    chosen = [upload for upload in request.files.getlist("file") if upload.filename or upload.content_length]
    uploads = [(upload.filename or "", upload.read()) for upload in chosen]
    name = exercise.solution_name
    if pasted.strip():
        if any(uploaded not in exercise.companions for uploaded, _ in uploads):
            raise UploadRefused("There is a file and pasted code. Send one of them, so that it is clear which counts.")
        # A form sends every line break as CR LF; the student's editor did not.
        uploads.append((name, pasted.replace("\r\n", "\n").encode()))
    if not uploads:
        raise UploadRefused(f"There is nothing to grade yet. Choose your {name}, or paste its code.")
    return accept_uploads(uploads, exercise)


def _form(exercise: Exercise, code: str, error: str = "") -> str:
    """Return the page with the form, and with what the rules leave to this student."""
    with portal().database.reading() as session:
        earlier = counted_attempts(session, visitor(), exercise.slug)
        due = due_of(session, visitor(), exercise.slug, exercise.handing_in.due)
        refusal = exercise.handing_in.refusal(earlier, database_now(session), due)
    return render_template(
        "submissions/hand_in.html",
        exercise=exercise,
        code=code,
        error=error or refusal or "",
        is_open=refusal is None,
        left=exercise.handing_in.left(earlier),
        due=due,
        request_key=secrets.token_urlsafe(16),
    )


def _store(exercise: Exercise, files: list[SourceFile]) -> int:
    """Store the submission with its job, then send the job; the same request again gets the submission of the first.

    Raises `UploadRefused` where the exercise's rules do not let this student hand in now.
    """
    slug, rules = exercise.slug, exercise.handing_in
    key = request.form.get("request_key", "")
    request_key = key if re.fullmatch(r"[\w-]{16,64}", key, re.ASCII) else None
    with portal().database.transaction() as session:
        moment = database_now(session)
        twin = same_request(session, visitor(), slug, files, request_key, now=moment)
        if twin is not None:
            return twin.id
        due = due_of(session, visitor(), slug, rules.due)
        if refusal := rules.refusal(counted_attempts(session, visitor(), slug), moment, due):
            raise UploadRefused(refusal)
        seed = secrets.randbelow(2**31)
        job = submit(session, visitor(), slug, files, seed=seed, now=moment, due=due, request_key=request_key)
        job_id, submission_id = job.id, job.submission_id
    portal().send(job_id)
    assert submission_id is not None, "a submission's job knows its submission"
    return submission_id


def _earlier_code(slug: str) -> str:
    number = request.args.get("from", type=int, default=0)
    if not 0 < number < 2**31:
        return ""
    with portal().database.reading() as session:
        found = submission_by_id(session, number)
    if found is None or found.user_id != visitor().id or found.exercise != slug or not found.files:
        return ""
    return _source(found)


def _visible_submission(submission_id: int) -> Submission:
    with portal().database.reading() as session:
        return _visible(session, submission_id)


def _visible(session: Session, submission_id: int) -> Submission:
    found = submission_by_id(session, submission_id)
    if found is None or not may_see(found.user_id):
        abort(404)
    return found


def _source(found: Submission) -> str:
    """Return the text of the solution itself, without the files that came along."""
    name = f"{found.exercise}.py"
    return next((file.content.decode("utf-8", errors="replace") for file in found.files if file.name == name), "")


@dataclass(frozen=True, kw_only=True)
class _View:
    """What the page and its live fragment show; the fields are the templates' names."""

    submission: Submission
    job: GradingJob
    """The grading that counts, which the page shows."""
    newest: GradingJob
    """The last grading, which the page follows: another one while the submission is graded again."""
    exercise: Exercise | None
    result: Result
    line_count: int
    state: str
    waiting: str
    phases: list[Phase]


def _audience() -> Audience:
    return Audience.STAFF if is_staff() else Audience.STUDENT


def _fragment(submission_id: int) -> Fragment:
    """Return the live part of the page; it is the same for all who read it as staff, and for all who do not."""
    view = _view(_visible_submission(submission_id))
    html = render_template("submissions/_result.html", **vars(view))
    return Fragment(view.newest.id, progress_of(view.newest), html)


def _view(found: Submission) -> _View:
    exercise: Exercise | None
    try:
        exercise = portal().catalog.exercise(found.exercise)
    except UnknownExercise:  # the course has dropped it; what was handed in can still be read
        exercise = None
    job = found.current
    return _View(
        submission=found,
        job=job,
        newest=found.newest,
        exercise=exercise,
        result=result_of(job, found.exercise, exercise, _audience()),
        line_count=len(_source(found).splitlines()),
        state=state_of(found.newest),
        waiting=words_of(found.newest),
        phases=phases_of(job, now=now()),
    )
