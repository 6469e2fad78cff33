import pytest

from grader.domain.errors import UploadRefused
from grader.domain.submission import MAX_SOURCE_BYTES, SourceFile, accept_upload


def accept(name: str = "adaptive.py", content: bytes = b"x = 1\n") -> SourceFile:
    return accept_upload(name, content, expected_name="adaptive.py")


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
