"""Reads a submission as text, on the trusted side, before any of it runs: does it compile, is it within bounds?"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass
from importlib.util import decode_source

from grader.domain.exercise import Exercise
from grader.domain.policy import first_breach
from grader.domain.submission import SourceFile
from grader.domain.text import one_line
from grader.domain.verdict import Verdict

_LINE_END = re.compile(r"\r\n|\r|\n")
"""Where Python ends a line; `str.splitlines` also ends it at form feeds and exotic separators."""

_NAME_PART = r"[^\s.\\'\"#()\[\]{},:;=]++"
_ENDLESS_NAME = re.compile(rf"(?:\.[\s\\]*+{_NAME_PART}[\s\\]*+){{200}}")
"""A dotted name of hundreds of parts: Python's parser copies the beginning of an imported name for each part."""


@dataclass(frozen=True)
class Failure:
    """Why nothing of a submission was run."""

    verdict: Verdict
    message: str


def read_source(file: SourceFile, exercise: Exercise) -> Failure | None:
    """Return why this file cannot be run, in words for the student; `None` if it can as far as reading it tells.

    It is parsed here and compiled by the guest, within its limits: compiling takes time and memory that grow
    exponentially with nested `finally` blocks.
    """
    if _has_endless_name(file.content):
        return Failure(Verdict.COMPILE_ERROR, _unreadable(file, RecursionError()))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in a docstring is no reason to refuse
            tree = ast.parse(file.content, filename=file.name)
    except SyntaxError as error:
        return Failure(Verdict.COMPILE_ERROR, syntax_error_words(file, error))
    except (ValueError, RecursionError, MemoryError) as error:
        return Failure(Verdict.COMPILE_ERROR, _unreadable(file, error))
    breach = first_breach(tree, exercise.closed, exercise.opened)
    if breach is None:
        return None
    return Failure(
        Verdict.FORBIDDEN,
        f"{file.name}, line {breach.line}: {one_line(breach.name, 80)} is closed in this exercise.\n"
        f"    {line_of(file, breach.line)}\n"
        "Write the mathematics with elementary tensor operations instead; the instructions list what is closed.",
    )


def line_of(file: SourceFile, number: int) -> str:
    """Return one line of a file as it may be shown: printable, and not too long; empty if there is no such line."""
    return one_line(whole_line(file, number).strip())


def whole_line(file: SourceFile, number: int) -> str:
    """Return one line of a file as it stands there; empty if there is no such line."""
    lines = _LINE_END.split(file.text)
    return lines[number - 1] if 0 < number <= len(lines) else ""


def syntax_error_words(file: SourceFile, error: SyntaxError) -> str:
    """Return the place, the fault and the line with a caret under the fault, where the line can be shown."""
    place = f", line {error.lineno}" if error.lineno else ""
    said = f"{file.name}{place}: {one_line(error.msg)}"
    shown = _LINE_END.split(error.text or "")[0].rstrip().replace("\t", " ")
    code = shown.lstrip()
    if not code or not error.offset or len(shown) > 160:
        return said
    caret = min(max(error.offset - 1 - (len(shown) - len(code)), 0), len(code))
    return f"{said}\n    {one_line(code)}\n    {' ' * caret}^"


def _has_endless_name(content: bytes) -> bool:
    try:
        return _ENDLESS_NAME.search(decode_source(content)) is not None
    except (SyntaxError, ValueError):  # the parser tells what is wrong with it
        return False


def _unreadable(file: SourceFile, error: Exception) -> str:
    reason = one_line(str(error)) or "it holds bytes that are not text"
    if isinstance(error, RecursionError | MemoryError):
        reason = "it is nested too deeply"
    return f"{file.name} is not a Python file that can be read: {reason}."
