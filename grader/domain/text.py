"""Text that came from a student, made fit to be shown."""

from __future__ import annotations

import unicodedata

MAX_CHARACTERS = 300


def one_line(text: str, limit: int = MAX_CHARACTERS) -> str:
    """Return text without control, format and line-breaking characters, cut at `limit` characters.

    Terminal escapes and right-to-left overrides become visible replacement characters.
    """
    shown = "".join(char if _is_plain(char) else "\N{REPLACEMENT CHARACTER}" for char in text[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[:limit]}…"


def _is_plain(char: str) -> bool:
    return char == "\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
