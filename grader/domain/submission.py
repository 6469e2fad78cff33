"""What a student hands in, and which uploads can become a submission."""

from __future__ import annotations

from dataclasses import dataclass

from grader.domain.errors import UploadRefused

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


def accept_upload(name: str, content: bytes, *, expected_name: str) -> SourceFile:
    """Return the file under its expected name, or raise `UploadRefused` with words for the student.

    What is judged here is only what makes an upload unusable; bad Python is a verdict, not a refusal.
    """
    if "\x00" in name or any(ord(char) < 32 for char in name):
        raise UploadRefused("The file's name holds control characters. Rename it and upload it again.")
    if "/" in name or "\\" in name or name in ("", ".", ".."):
        raise UploadRefused(f"A file's name cannot be a path. Upload the file itself, named {expected_name}.")
    if name != expected_name:
        raise UploadRefused(f"This exercise takes one file named {expected_name}; this one is named {name[:80]!r}.")
    if not content.strip():
        raise UploadRefused(f"{expected_name} is empty. Did you save it before uploading?")
    if len(content) > MAX_SOURCE_BYTES:
        raise UploadRefused(
            f"{expected_name} is too large: a solution may have {MAX_SOURCE_BYTES:,} bytes. "
            "Upload the Python file alone, without data or notebooks."
        )
    if b"\x00" in content:
        raise UploadRefused(f"{expected_name} is not a Python source file. Save it as plain text in UTF-8.")
    return SourceFile(expected_name, content)
