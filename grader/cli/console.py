"""What the terminal gets: results on standard output, everything else on standard error, nothing that acts on it."""

from __future__ import annotations

from enum import IntEnum

from rich.console import Console
from rich.text import Text

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


class ExitCode(IntEnum):
    """What a command's exit code says."""

    OK = 0
    NOT_ACCEPTED = 1
    USAGE = 2
    INTERNAL = 3


def plain(text: str, style: str = "") -> Text:
    """Return text of unknown origin as it may be printed: no markup, no escape sequence, no reversed direction.

    Characters that would act on a terminal are shown as their Python escapes.
    """
    return Text("".join(char if char.isprintable() or char in "\n\t" else _escaped(char) for char in text), style=style)


def complain(text: str) -> None:
    """Say on standard error what is wrong."""
    err.print(Text.assemble(("error: ", "bold red"), plain(text)), soft_wrap=True)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", errors="surrogatepass").decode("ascii")
