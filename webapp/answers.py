"""A quiz form: what a browser sent, read into answers or refused in words."""

from __future__ import annotations

from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from grader.domain.quiz import Question, QuestionType, Quiz, read_number

FIELD = "answer-"
MAX_TEXT = 2000


@dataclass
class QuizForm:
    """The answers that can be handed in, and what is wrong with the others."""

    answers: dict[str, str | list[str]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    """Question ids with words for the student; the empty id is the form as a whole."""
    shown: dict[str, list[str]] = field(default_factory=dict)
    """What each field held, to be shown again."""

    def unanswered(self, quiz: Quiz) -> int:
        """Return how many questions have neither an answer nor a fault."""
        return sum(question.id not in self.answers and question.id not in self.faults for question in quiz.questions)


def read_quiz_form(quiz: Quiz, form: MultiDict[str, str]) -> QuizForm:
    """Read the fields `answer-<question id>` of a form."""
    read = QuizForm()
    known = {question.id for question in quiz.questions}
    if {name.removeprefix(FIELD) for name in form if name.startswith(FIELD)} - known:
        read.faults[""] = "This form has questions that the quiz does not have. Reload the page and answer again."
    for question in quiz.questions:
        values = [value.strip() for value in form.getlist(FIELD + question.id) if value.strip()]
        read.shown[question.id] = [value[: 2 * MAX_TEXT] for value in values]
        if not values:
            continue
        fault = _fault(question, values)
        if fault:
            read.faults[question.id] = fault
        else:
            read.answers[question.id] = values if question.type is QuestionType.MULTIPLE else values[0]
    return read


def _fault(question: Question, values: list[str]) -> str:
    """Return what is wrong with the values sent for one question, in words; nothing if they can be scored."""
    if question.choices and set(values) - {choice.id for choice in question.choices}:
        return "One of these choices is not on offer. Reload the page and choose again."
    if len(set(values)) != len(values) or (question.type is not QuestionType.MULTIPLE and len(values) > 1):
        return "More answers were sent than this question takes. Reload the page and answer again."
    if question.type is QuestionType.NUMERIC and read_number(values[0]) is None:
        return "This is not a number. Write it like 0.125, 0,125 or 1.25e-1, without units."
    return _text_fault(values[0]) if question.type is QuestionType.TEXT else ""


def _text_fault(text: str) -> str:
    if len(text) > MAX_TEXT:
        return f"This answer has {len(text):,} characters; at most {MAX_TEXT:,} are read. Say it shorter."
    if any(not (char.isprintable() or char.isspace()) for char in text):
        return "This answer holds characters that cannot be seen. Type it anew instead of pasting it."
    return ""
