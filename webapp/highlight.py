"""Code on pages: highlighted by classes, numbered, and with nothing in it that the eye cannot see."""

from __future__ import annotations

import re
from collections.abc import Collection

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonConsoleLexer, PythonLexer, TextLexer
from pygments.lexers.data import JsonLexer
from pygments.lexers.shell import BashLexer

MAX_HIGHLIGHTED = 64 * 1024
"""Longer code is shown plain: the portal's time belongs to everybody."""

_LEXERS = {
    "": TextLexer,
    "bash": BashLexer,
    "console": BashLexer,
    "json": JsonLexer,
    "pycon": PythonConsoleLexer,
    "python": PythonLexer,
    "py": PythonLexer,
    "sh": BashLexer,
}
_LINE = re.compile(r"\bline (\d{1,6})\b")
# Controls would vanish, and bidirectional marks would show code in another order than it runs.
_INVISIBLE = {
    **{code: chr(0x2400 + code) for code in range(32) if chr(code) not in "\t\n"},
    0x7F: "\u2421",
    **{code: f"‹U+{code:04X}›" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C)},
}


def visible(text: str) -> str:
    """Return the text with control and direction characters replaced by signs that can be seen."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_INVISIBLE)


def snippet(source: str, language: str) -> str:
    """Return highlighted HTML for a block of code in the instructions."""
    lexer = _LEXERS.get(language.strip().casefold(), TextLexer)(stripnl=False)
    return str(highlight(source, lexer, HtmlFormatter(nowrap=True)))


def listing(source: str, *, marked: Collection[int] = ()) -> Markup:
    """Return Python source as numbered lines `#line-1`, ...; the `marked` ones stand out."""
    source = visible(source)
    if len(source) > MAX_HIGHLIGHTED:
        html = str(escape(source))
    else:
        html = highlight(source, PythonLexer(stripnl=False, ensurenl=False), HtmlFormatter(nowrap=True))
    lines = html.removesuffix("\n").split("\n")
    width = len(str(len(lines)))
    # Safe to mark: Pygments, or escape(), has escaped the source; the rest is numbers.
    return Markup("").join(
        Markup('<span class="line{}" id="line-{}"><a href="#line-{}" aria-label="Line {}">{}</a>{}\n</span>').format(
            " marked" if number in marked else "",
            number,
            number,
            number,
            f"{number:>{width}}",
            Markup(line),  # noqa: S704 - as the comment above says
        )
        for number, line in enumerate(lines, start=1)
    )


def lines_named(text: str) -> set[int]:
    """Return the line numbers that a message speaks of."""
    return {int(found) for found in _LINE.findall(text)}


def message_html(text: str, *, lines: int) -> Markup:
    """Return a message for a page: escaped, with `line 12` linked where the listing has such a line."""
    parts: list[Markup] = []
    position = 0
    text = visible(text)
    for found in _LINE.finditer(text):
        if 1 <= int(found[1]) <= lines:
            parts += [escape(text[position : found.start()])]
            parts += [Markup('<a href="#line-{}">{}</a>').format(int(found[1]), found[0])]
            position = found.end()
    return Markup("").join([*parts, escape(text[position:])])
