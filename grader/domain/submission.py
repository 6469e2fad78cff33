"""What a student hands in, and which uploads can become a submission."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from grader.domain.errors import UploadRefused
from grader.domain.exercise import Exercise

MAX_SOURCE_BYTES = 64 * 1024


@dataclass(frozen=True)
class SourceFile:
    """One file of a submission. `name` is a bare file name, `content` its bytes as they came."""

    name: str
    content: bytes

    @property
    def text(self) -> str:
        """The content as text for display; bytes that are not UTF-8 are shown as replacement characters."""
        return self.content.decode("utf-8", errors="replace")


def content_hash(files: Sequence[SourceFile]) -> str:
    """Return SHA-256 over names and contents, in hexadecimal, whatever the order of the files."""
    whole = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.name):
        for part in (file.name.encode(), file.content):
            whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()


def accept_uploads(uploads: Sequence[tuple[str, bytes]], exercise: Exercise) -> list[SourceFile]:
    """Return the solution and the companions among uploads of names and contents, the solution first.

    Raises `UploadRefused` with words for the student.
    """
    names = [name for name, _ in uploads]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UploadRefused(f"There are two files named {twice[:80]!r}. Send the one that counts.")
    expected = (exercise.solution_name, *exercise.companions)
    accepted = [accept_upload(name, content, expected=expected) for name, content in uploads]
    if exercise.solution_name not in names:
        raise UploadRefused(f"{exercise.solution_name} is missing. The other files can only come along with it.")
    return sorted(accepted, key=lambda file: file.name != exercise.solution_name)


def accept_upload(name: str, content: bytes, *, expected: Sequence[str]) -> SourceFile:
    """Return the file, or raise `UploadRefused` with words for the student.

    `expected` are the names that it may have: the solution's, then those that may come along. What is judged here is
    only what makes an upload unusable; bad Python is a verdict, not a refusal.
    """
    solution, *others = expected
    if "\x00" in name or any(ord(char) < 32 for char in name):
        raise UploadRefused("The file's name holds control characters. Rename it and upload it again.")
    if "/" in name or "\\" in name or name in ("", ".", ".."):
        raise UploadRefused(f"A file's name cannot be a path. Upload the file itself, named {solution}.")
    if name not in expected:
        taken = f"{solution} and, if it imports them, {', '.join(others)}" if others else f"one file named {solution}"
        raise UploadRefused(f"This exercise takes {taken}; this one is named {name[:80]!r}.")
    if not content.strip():
        raise UploadRefused(f"{name} is empty. Did you save it before uploading?")
    if len(content) > MAX_SOURCE_BYTES:
        raise UploadRefused(
            f"{name} is too large: a solution may have {MAX_SOURCE_BYTES:,} bytes. "
            "Upload the Python file alone, without data or notebooks."
        )
    if b"\x00" in content:
        raise UploadRefused(f"{name} is not a Python source file. Save it as plain text in UTF-8.")
    return SourceFile(name, content)
