from pathlib import Path

import pytest

from grader.domain.errors import UploadRefused
from grader.domain.exercise import Exercise
from grader.domain.submission import MAX_SOURCE_BYTES, SourceFile, accept_upload, accept_uploads


def accept(name: str = "adaptive.py", content: bytes = b"x = 1\n") -> SourceFile:
    return accept_upload(name, content, expected=["adaptive.py"])


def test_a_source_file_is_kept_byte_by_byte() -> None:
    assert accept(content=b"\xef\xbb\xbfx = 1\r\n") == SourceFile("adaptive.py", b"\xef\xbb\xbfx = 1\r\n")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("adaptiv.py", "takes one file named adaptive.py"),
        ("ADAPTIVE.PY", "takes one file named adaptive.py"),
        ("../adaptive.py", "cannot be a path"),
        ("C:\\adaptive.py", "cannot be a path"),
        ("/etc/passwd", "cannot be a path"),
        ("..", "cannot be a path"),
        ("", "cannot be a path"),
        ("adaptive.py\x00.txt", "control characters"),
        ("adaptive\n.py", "control characters"),
        ("adaptive\u202eyp.", "takes one file named adaptive.py"),
    ],
)
def test_a_wrong_name_is_refused_with_what_to_do(name: str, words: str) -> None:
    with pytest.raises(UploadRefused, match=words):
        accept(name=name)


def test_a_refusal_shows_a_name_harmlessly_and_cut_short() -> None:
    with pytest.raises(UploadRefused) as refusal:
        accept(name="\u202e" + "a" * 500)
    assert "\\u202e" in str(refusal.value) and "\u202e" not in str(refusal.value)
    assert len(str(refusal.value)) < 200


@pytest.mark.parametrize("content", [b"", b" \n\t\n"])
def test_an_empty_file_is_refused(content: bytes) -> None:
    with pytest.raises(UploadRefused, match="is empty"):
        accept(content=content)


def test_a_file_of_the_largest_size_is_accepted_and_one_byte_more_is_not() -> None:
    assert len(accept(content=b"#" * MAX_SOURCE_BYTES).content) == MAX_SOURCE_BYTES
    with pytest.raises(UploadRefused, match="too large: a solution may have 65,536 bytes"):
        accept(content=b"#" * (MAX_SOURCE_BYTES + 1))


def test_a_picture_is_refused_as_not_python() -> None:
    with pytest.raises(UploadRefused, match="not a Python source file"):
        accept(content=b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")


def test_bytes_that_are_not_utf8_can_still_be_shown() -> None:
    assert SourceFile("adaptive.py", b"caf\xe9").text == "caf\ufffd"


CAPSTONE = Exercise(
    slug="capstone",
    title="All together",
    summary="",
    order=8,
    folder=Path("capstone"),
    tasks=(),
    bundle=(),
    companions=("adaptive.py", "batchnorm.py"),
)


def test_companions_come_after_the_solution() -> None:
    files = accept_uploads([("batchnorm.py", b"y"), ("adaptive.py", b"z"), ("capstone.py", b"x")], CAPSTONE)
    assert [file.name for file in files] == ["capstone.py", "batchnorm.py", "adaptive.py"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["adaptive.py"], r"capstone.py is missing. The other files can only come along with it."),
        ([], "capstone.py is missing"),
        (["capstone.py", "capstone.py"], "two files named 'capstone.py'"),
        (["capstone.py", "torch.py"], "takes capstone.py and, if it imports them, adaptive.py, batchnorm.py; this one"),
        (["capstone.py", "../adaptive.py"], "cannot be a path"),
        (["capstone.py", "ADAPTIVE.py"], "this one is named 'ADAPTIVE.py'"),
    ],
)
def test_files_that_make_no_submission_are_refused_in_words(names: list[str], words: str) -> None:
    with pytest.raises(UploadRefused, match=words):
        accept_uploads([(name, b"x = 1") for name in names], CAPSTONE)


def test_each_companion_is_held_to_the_rules_of_a_file() -> None:
    with pytest.raises(UploadRefused, match=r"adaptive.py is empty"):
        accept_uploads([("capstone.py", b"x"), ("adaptive.py", b" ")], CAPSTONE)
    with pytest.raises(UploadRefused, match=r"adaptive.py is too large"):
        accept_uploads([("capstone.py", b"x"), ("adaptive.py", b"#" * (MAX_SOURCE_BYTES + 1))], CAPSTONE)
