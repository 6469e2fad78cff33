"""For instructors: the gradebook, every submission, the answers that wait for a human reader."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from grader.domain.quiz import Question, read_number
from grader.store.accounts import user_by_id
from grader.store.gradebook import count_students, students
from grader.store.gradebook import gradebook as gradebook_rows
from grader.store.quizzes import confirm_score, quiz_history
from grader.store.standing import count_unconfirmed, score_by_id, unconfirmed_answers
from grader.store.submissions import history, recent
from grader.store.tables import QuizAttempt, QuizScore, Role
from webapp.access import allowed, visitor
from webapp.export import gradebook_csv
from webapp.portal import now, portal
from webapp.quizzes import answer_texts

blueprint = Blueprint("staff", __name__, url_prefix="/staff")

PAGE = 50
STUDENTS = 100
"""So many have a line on one page of the gradebook; the export has all."""
NUMBER = "int(max=2147483647)"


@blueprint.get("/gradebook")
@allowed(Role.INSTRUCTOR)
def gradebook() -> ResponseReturnValue:
    """Show students by exercises and quizzes, page by page; `?named=` shows those who are called so."""
    named = request.args.get("named", "").strip()[:128]
    page = min(max(request.args.get("page", 1, type=int), 1), 10_000)
    with portal().database.reading() as session:
        total, waiting = count_students(session, named), count_unconfirmed(session)
        shown = students(session, named, limit=STUDENTS, offset=(page - 1) * STUDENTS)
        rows = gradebook_rows(session, shown)
    return render_template(
        "staff/gradebook.html",
        catalog=portal().catalog,
        rows=rows,
        waiting=waiting,
        named=named,
        page=page,
        pages=max(1, -(-total // STUDENTS)),
        total=total,
    )


@blueprint.get("/gradebook.csv")
@allowed(Role.INSTRUCTOR)
def gradebook_export() -> ResponseReturnValue:
    """Send the gradebook as CSV."""
    with portal().database.reading() as session:
        content = gradebook_csv(portal().catalog, gradebook_rows(session))
    headers = {"Content-Disposition": f"attachment; filename=gradebook-{now():%Y-%m-%d}.csv"}
    return Response(content, mimetype="text/csv", headers=headers)


@blueprint.get("/submissions")
@allowed(Role.INSTRUCTOR)
def submissions() -> ResponseReturnValue:
    """List everybody's submissions, newest first, page by page."""
    before = request.args.get("before", type=int)
    if before is not None and not 0 < before < 2**31:
        abort(404)
    with portal().database.reading() as session:
        found = recent(session, limit=PAGE + 1, before_id=before)
    older = found[PAGE - 1].id if len(found) > PAGE else None
    worth = {exercise.slug: exercise.max_points for exercise in portal().catalog.exercises}
    return render_template("staff/submissions.html", submissions=found[:PAGE], worth=worth, before=before, older=older)


@blueprint.get(f"/students/<{NUMBER}:user_id>")
@allowed(Role.INSTRUCTOR)
def student(user_id: int) -> ResponseReturnValue:
    """Show what one student has handed in, exercise by exercise."""
    with portal().database.reading() as session:
        found = user_by_id(session, user_id)
        if found is None:
            abort(404)
        work = [
            (exercise, history(session, found, exercise.slug), quiz_history(session, found, exercise.slug))
            for exercise in portal().catalog.exercises
        ]
        best = gradebook_rows(session, [found])[0]
    return render_template("staff/student.html", student=found, work=work, best=best, catalog=portal().catalog)


@dataclass(frozen=True)
class WaitingAnswer:
    """A short text with its provisional score. `question` is `None` when the quiz no longer asks it."""

    score: QuizScore
    attempt: QuizAttempt
    question: Question | None
    answers: list[Markup]


@blueprint.get("/answers")
@allowed(Role.INSTRUCTOR)
def answers() -> ResponseReturnValue:
    """Show the short texts whose provisional scores wait to be confirmed, oldest first."""
    return _answers_page()


@blueprint.post(f"/answers/<{NUMBER}:score_id>")
@allowed(Role.INSTRUCTOR)
def confirm_answer(score_id: int) -> ResponseReturnValue:
    """Settle one provisional score."""
    points = read_number(request.form.get("points", ""))
    with portal().database.transaction() as session:
        score = score_by_id(session, score_id)
        if score is None:
            abort(404)
        if points is None or not 0 <= points <= score.max_points:
            fault = f"Points are a number from 0 to {score.max_points:g}."
            return _answers_page(refused=score_id, fault=fault), 422
        confirm_score(session, score, points, visitor(), now=now())
    return redirect(url_for(".answers"))


def _answers_page(*, refused: int = 0, fault: str = "") -> str:
    with portal().database.reading() as session:
        found = unconfirmed_answers(session, limit=PAGE)
        total = count_unconfirmed(session)
    waiting = [_waiting_answer(score, attempt) for score, attempt in found]
    return render_template("staff/answers.html", waiting=waiting, total=total, refused=refused, fault=fault)


def _waiting_answer(score: QuizScore, attempt: QuizAttempt) -> WaitingAnswer:
    quiz = portal().catalog.quiz(attempt.exercise)
    question = next((asked for asked in quiz.questions if asked.id == score.question), None) if quiz else None
    given = attempt.answers.get(score.question)
    texts = answer_texts(question, given) if question else [Markup.escape(str(given))]
    return WaitingAnswer(score, attempt, question, texts)
