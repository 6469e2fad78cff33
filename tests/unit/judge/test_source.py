"""Reading a submission: whatever its bytes are, the student gets a sentence and the judge stays well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grader.domain.exercise import Exercise
from grader.domain.submission import SourceFile
from grader.domain.verdict import Verdict
from grader.judge.source import Failure, line_of, read_source, syntax_error_words

TOO_DEEP = "toy.py is not a Python file that can be read: it is nested too deeply."


def read(content: bytes, exercise: Exercise) -> Failure | None:
    return read_source(SourceFile("toy.py", content), exercise)


def words(content: bytes, exercise: Exercise) -> str:
    found = read(content, exercise)
    assert found is not None
    assert found.verdict is Verdict.COMPILE_ERROR
    assert not set(found.message) & {"\x1b", "\0", "\r", "\u202e"}
    return found.message


@pytest.mark.parametrize(
    "content",
    [
        b"x = 1\n",
        b"",
        b"\xef\xbb\xbfx = 1\n",
        b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
        "x = 'é \u202e'\n".encode(),
        b"x = 1\r\ny = 2\r\n",
        b"x = '\\d'\n",
        b"import torch\n\x0c\ny = torch.zeros(3)\n",
    ],
    ids=["plain", "empty", "BOM", "coding cookie", "UTF-8", "CRLF", "invalid escape", "form feed"],
)
def test_a_file_that_python_reads_is_read(content: bytes, exercise: Exercise) -> None:
    assert read(content, exercise) is None


def test_a_syntax_error_shows_the_line_and_a_caret_under_the_fault(exercise: Exercise) -> None:
    assert words(b"x = 1\n    \ndef f(:\n    pass\n", exercise) == (
        "toy.py, line 3: invalid syntax\n    def f(:\n          ^"
    )


def test_the_caret_stands_right_after_an_indentation_of_tabs(exercise: Exercise) -> None:
    said, code, caret = words(b"def f():\n\tx = 1\t+ $\n", exercise).split("\n")
    assert said == "toy.py, line 2: invalid syntax"
    assert code[caret.index("^")] == "$"


def test_an_unclosed_string_over_many_lines_shows_its_first(exercise: Exercise) -> None:
    assert words(b'x = 1\ny = """one\ntwo\nthree\n', exercise).split("\n")[1:] == ['    y = """one', "        ^"]


def test_a_very_long_line_is_not_shown(exercise: Exercise) -> None:
    assert words(b"x = (" + b"1 + " * 1000 + b"$)\n", exercise) == "toy.py, line 1: invalid syntax"


def test_an_escape_or_a_right_to_left_override_is_shown_as_a_mark(exercise: Exercise) -> None:
    assert "\N{REPLACEMENT CHARACTER}" in words("x = \u202e 1 \x1b[31m\n".encode(), exercise)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"x = 1\0\n", "null bytes"),
        (b"x = '\xe9'\n", "utf-8"),
        (b"# -*- coding: klingon -*-\nx = 1\n", "unknown encoding: klingon"),
        (b"\xff\xfex\0=\0001\0", "null bytes"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "null bytes"),
        (b"x = 1" + b"0" * 5000, "4300 digits"),
        (b"(" * 1000 + b")" * 1000, "too many nested parentheses"),
    ],
    ids=["NUL", "not UTF-8", "unknown cookie", "UTF-16", "binary", "long number", "parentheses"],
)
def test_a_file_that_is_no_source_is_told_why(content: bytes, part: str, exercise: Exercise) -> None:
    assert part in words(content, exercise)


@pytest.mark.parametrize(
    "content",
    [
        b"-" * 100_000 + b"1",
        b"+".join([b"a"] * 50_000),
        b"a" + b".a" * 100_000,
        b"not " * 60_000 + b"a",
        b"import a" + b".a" * 100_000,
        b"from a" + b" .\\\n a" * 30_000 + b" import b",
        b"# coding: unicode_escape\nimport a" + b"\\x2ea" * 20_000,
        "import é".encode() + ".℘".encode() * 60_000,
    ],
    ids=["minus", "plus", "attributes", "not", "import", "import over lines", "import in escapes", "import of symbols"],
)
def test_deep_nesting_is_told(content: bytes, exercise: Exercise) -> None:
    assert words(content, exercise) == TOO_DEEP


def test_a_name_of_many_parts_and_a_line_of_many_names_are_read(exercise: Exercise) -> None:
    chain = b"a" + b".a" * 150
    assert read(b"import " + chain + b"\n" + b"x = (" + b"a.b, " * 5000 + chain + b")\n", exercise) is None
    assert read(b'"""' + b". . . ... e.g. 1.5 " * 1000 + b'"""', exercise) is None


def test_compiling_is_left_to_the_guest(exercise: Exercise) -> None:
    """Twenty nested `finally` would be compiled a million times over."""
    lines = []
    for depth in range(19):
        lines += [" " * depth + "try:", " " * depth + " x", " " * depth + "finally:"]
    assert read("\n".join([*lines, " " * 19 + "x"]).encode(), exercise) is None


def test_a_closed_name_is_told_with_its_line(exercise: Exercise) -> None:
    assert read(b"import torch\n\n\n    # about\nopt = torch.optim.SGD\n".replace(b"    #", b"#"), exercise) == Failure(
        Verdict.FORBIDDEN,
        "toy.py, line 5: torch.optim.SGD is closed in this exercise.\n    opt = torch.optim.SGD\n"
        "Write the mathematics with elementary tensor operations instead; the instructions list what is closed.",
    )


def test_what_the_exercise_opens_within_is_read_over(exercise: Exercise) -> None:
    exercise = replace(exercise, closed=("torch.nn",), opened=("torch.nn.functional",))
    assert read(b"import torch.nn.functional as F\nF.relu", exercise) is None
    found = read(b"from torch import nn\nnn.Linear\n", exercise)
    assert found is not None
    assert "line 2: torch.nn.Linear is closed" in found.message


def test_a_closed_name_without_end_is_cut_where_it_is_told(exercise: Exercise) -> None:
    found = read(b"import torch\ntorch.optim." + b"a" * 100_000, exercise)
    assert found is not None
    assert len(found.message) < 700


def test_lines_are_counted_as_python_counts_them() -> None:
    file = SourceFile("toy.py", "a\x0c\x1c\u2028b\r\nc\rd\n".encode())
    assert [line_of(file, number) for number in (2, 3, 4, 5, 0, -1)] == ["c", "d", "", "", "", ""]


def test_a_long_line_is_cut_where_it_is_quoted() -> None:
    assert len(line_of(SourceFile("toy.py", b"x" * 10_000), 1)) < 400


def test_a_syntax_error_without_a_place_is_still_told() -> None:
    assert syntax_error_words(SourceFile("toy.py", b""), SyntaxError("odd")) == "toy.py: odd"


def test_a_caret_beyond_the_line_stays_near_it() -> None:
    error = SyntaxError("odd", ("toy.py", 1, 10**9, "x = 1"))
    assert syntax_error_words(SourceFile("toy.py", b""), error) == "toy.py, line 1: odd\n    x = 1\n         ^"
