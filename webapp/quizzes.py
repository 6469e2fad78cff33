"""Taking an exercise's quiz, and reading its score. The keys are on the worker's side."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from grader.domain.errors import UnknownExercise, UploadRefused
from grader.domain.quiz import Question, Quiz
from grader.store.quizzes import attempt_by_id, attempts_used, quiz_history, submit_answers
from grader.store.standing import progress_of, unfinished_answers_twin
from grader.store.tables import QuizAttempt, QuizScore
from webapp.access import allowed, is_staff, may_see, visitor
from webapp.answers import QuizForm, read_quiz_form
from webapp.live import answer, follow, state_of, words_of
from webapp.markdown import render_line, render_text
from webapp.portal import now, portal
from webapp.watching import Fragment

blueprint = Blueprint("quizzes", __name__)

ATTEMPT = "/quiz-attempts/<int(max=2147483647):attempt_id>"


@blueprint.route("/exercises/<slug>/quiz", methods=["GET", "POST"])
@allowed()
def quiz(slug: str) -> ResponseReturnValue:
    """Show an exercise's quiz, or store the answers and go to their page."""
    found = portal().catalog.exercise(slug), portal().catalog.quiz(slug)
    exercise, questions = found
    if questions is None:
        abort(404)
    form = read_quiz_form(questions, request.form)
    if request.method == "POST" and _is_ready(form, questions):
        try:
            return redirect(url_for(".attempt", attempt_id=_store(slug, questions, form)))
        except UploadRefused as refusal:
            form.faults[""] = str(refusal)
    with portal().database.reading() as session:
        attempts = quiz_history(session, visitor(), slug)
    page = render_template(
        "quizzes/quiz.html",
        exercise=exercise,
        quiz=questions,
        form=form,
        attempts=attempts,
        attempts_left=max(0, questions.attempts - len(attempts)),
    )
    return page, 422 if request.method == "POST" else 200


@blueprint.get(ATTEMPT)
@allowed()
def attempt(attempt_id: int) -> ResponseReturnValue:
    """Show an attempt: points per question, and what may be explained by now."""
    return render_template("quizzes/attempt.html", **_context(_visible_attempt(attempt_id)))


@blueprint.get(f"{ATTEMPT}/events")
@allowed()
def events(attempt_id: int) -> ResponseReturnValue:
    """Stream the attempt's scores once they are there."""
    found = _visible_attempt(attempt_id)
    audience = (is_staff(), visitor().id == found.user_id)  # the owner is offered to take it again
    return follow(found.job.id, audience, lambda: _fragment(attempt_id))


@blueprint.get(f"{ATTEMPT}/result")
@allowed()
def result(attempt_id: int) -> ResponseReturnValue:
    """Answer a page that asks for the attempt's scores because it cannot have the stream."""
    return answer(_visible_attempt(attempt_id).job, lambda: _fragment(attempt_id))


@dataclass(frozen=True)
class AnsweredQuestion:
    """A question, what was answered and what that earned."""

    question: Question
    answers: list[Markup]
    score: QuizScore | None
    explanation: Markup | None


def answer_texts(question: Question, answer: str | list[str] | None) -> list[Markup]:
    """Return an answer as a person reads it: the texts of the choices, or what was typed."""
    given = [answer] if isinstance(answer, str) else list(answer or [])
    choices = {choice.id: render_line(choice.text) for choice in question.choices}
    return [choices.get(text, Markup.escape(text)) for text in given]


def _is_ready(form: QuizForm, questions: Quiz) -> bool:
    if not form.answers and not form.faults:
        form.faults[""] = "No question is answered yet."
    return not form.faults and (form.unanswered(questions) == 0 or "anyway" in request.form)


def _store(slug: str, questions: Quiz, form: QuizForm) -> int:
    with portal().database.transaction() as session:
        twin = unfinished_answers_twin(session, visitor(), slug, form.answers)
        if twin is not None:
            return twin.id
        job = submit_answers(session, visitor(), slug, form.answers, allowed=questions.attempts, now=now())
        job_id, attempt_id = job.id, job.quiz_attempt_id
    portal().send(job_id)
    assert attempt_id is not None, "a quiz attempt's job knows its attempt"
    return attempt_id


def _visible_attempt(attempt_id: int) -> QuizAttempt:
    with portal().database.reading() as session:
        found = attempt_by_id(session, attempt_id)
    if found is None or not may_see(found.user_id):
        abort(404)
    return found


def _fragment(attempt_id: int) -> Fragment:
    found = _visible_attempt(attempt_id)
    html = render_template("quizzes/_result.html", **_context(found))
    return Fragment(found.job.id, progress_of(found.job), html)


def _context(found: QuizAttempt) -> dict[str, object]:
    catalog = portal().catalog
    try:
        exercise, questions = catalog.exercise(found.exercise), catalog.quiz(found.exercise)
    except UnknownExercise:  # the course has dropped it; the attempt can still be read
        exercise, questions = None, None
    with portal().database.reading() as session:
        used = attempts_used(session, found.user, found.exercise)
    left = max(0, questions.attempts - used) if questions else 0
    return {
        "attempt": found,
        "job": found.job,
        "state": state_of(found.job),
        "waiting": words_of(found.job),
        "exercise": exercise,
        "quiz": questions,
        "attempts_left": left,
        "is_provisional": any(score.is_provisional for score in found.scores),
        "answered": _answered(found, questions, explain_all=left == 0 or is_staff()),
    }


def _answered(found: QuizAttempt, questions: Quiz | None, *, explain_all: bool) -> list[AnsweredQuestion]:
    scores = {score.question: score for score in found.scores}
    shown = []
    for question in questions.questions if questions else ():
        score = scores.get(question.id)
        # Before the last attempt an explanation would answer the question for the next one.
        may_explain = score is not None and (explain_all or score.points >= score.max_points)
        explanation = render_text(score.explanation) if score and may_explain and score.explanation else None
        shown.append(
            AnsweredQuestion(question, answer_texts(question, found.answers.get(question.id)), score, explanation)
        )
    return shown
