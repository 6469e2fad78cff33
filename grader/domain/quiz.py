"""Quizzes: questions as students see them, keys as only a worker sees them, and how an answer is scored."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum


class QuestionType(StrEnum):
    SINGLE = "single"
    MULTIPLE = "multiple"
    NUMERIC = "numeric"
    TEXT = "text"


@dataclass(frozen=True)
class Choice:
    id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question without its key. `prompt` and the texts of choices are Markdown."""

    id: str
    type: QuestionType
    prompt: str
    points: float
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Quiz:
    """The quiz of one exercise; a student may hand it in `attempts` times."""

    title: str
    attempts: int
    questions: tuple[Question, ...]

    @property
    def max_points(self) -> float:
        return sum(question.points for question in self.questions)


@dataclass(frozen=True, kw_only=True)
class AnswerKey:
    """What the right answer to one question is; which fields are set follows from the question's type.

    `choices` for single and multiple choice; `value` with the absolute `tolerance` for numeric; `ideas` for a short
    text: each idea is a tuple of words or phrases of which one has to occur.
    """

    explanation: str
    choices: frozenset[str] = frozenset()
    value: float = 0.0
    tolerance: float = 0.0
    ideas: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class AnswerScore:
    """What one answer earned. `is_provisional` until an instructor has read it (short text)."""

    question: str
    points: float
    max_points: float
    is_provisional: bool = False
    explanation: str = ""


def score_answer(question: Question, key: AnswerKey, answer: str | list[str] | None) -> AnswerScore:
    """Score one answer: the text a student typed or the ids of the choices ticked; `None` earns nothing.

    Multiple choice earns points * max(0, right ticks - wrong ticks) / right choices, so ticking all earns no more
    than knowing none. A short text earns its share of the ideas that occur, provisionally.
    """
    return AnswerScore(
        question=question.id,
        points=round(question.points * _share(question, key, answer), 2),
        max_points=question.points,
        is_provisional=question.type is QuestionType.TEXT and bool(answer),
        explanation=key.explanation,
    )


def _share(question: Question, key: AnswerKey, answer: str | list[str] | None) -> float:
    if not answer:
        return 0.0
    match question.type:
        case QuestionType.SINGLE:
            return float({answer} == set(key.choices)) if isinstance(answer, str) else 0.0
        case QuestionType.MULTIPLE:
            ticked = {answer} if isinstance(answer, str) else set(answer)
            return max(0, len(ticked & key.choices) - len(ticked - key.choices)) / len(key.choices)
        case QuestionType.NUMERIC:
            number = read_number(answer) if isinstance(answer, str) else None
            return float(number is not None and abs(number - key.value) <= key.tolerance)
        case QuestionType.TEXT:
            words = answer.casefold() if isinstance(answer, str) else ""
            return sum(any(word.casefold() in words for word in idea) for idea in key.ideas) / len(key.ideas)


_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")


def read_number(text: str) -> float | None:
    """Read a decimal number as students write it (`0,5` and `5e-1` too); `None` if it is not one, or not finite."""
    text = text.strip().replace("−", "-")
    if len(text) > 40 or not _NUMBER.fullmatch(text):
        return None
    number = float(text.replace(",", "."))
    return number if math.isfinite(number) else None
