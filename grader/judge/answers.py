"""The keys of a quiz, read from the hidden side of an exercise."""

from __future__ import annotations

from pathlib import Path

from grader.catalog import TomlTable
from grader.domain.quiz import AnswerKey, Question, QuestionType, Quiz


def read_keys(suite: Path, quiz: Quiz) -> dict[str, AnswerKey]:
    """Return the key of every question. Raises `ManifestError` if one is missing, left over or does not fit."""
    table = TomlTable.read(suite / "answers.toml")
    keys = {question.id: _key(table.table(question.id), question) for question in quiz.questions}
    table.done()
    return keys


def _key(table: TomlTable, question: Question) -> AnswerKey:
    explanation = table.text("explanation")
    match question.type:
        case QuestionType.SINGLE | QuestionType.MULTIPLE:
            choices = frozenset(table.texts("choices"))
            offered = {choice.id for choice in question.choices}
            if not choices or not choices <= offered or (question.type is QuestionType.SINGLE and len(choices) != 1):
                table.refuse("choices", f"ids among {', '.join(sorted(offered))}, one for single", sorted(choices))
            key = AnswerKey(explanation=explanation, choices=choices)
        case QuestionType.NUMERIC:
            key = AnswerKey(
                explanation=explanation, value=table.any_number("value"), tolerance=table.number("tolerance")
            )
        case QuestionType.TEXT:
            key = AnswerKey(explanation=explanation, ideas=table.text_lists("ideas"))
    table.done()
    return key
