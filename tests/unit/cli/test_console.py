from __future__ import annotations

import pytest

from grader.cli.console import plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("a\rb\x08c\x9b2J", "a\\rb\\x08c\\x9b2J"),
        ("\u202egnp.py", "\\u202egnp.py"),
        ("file\udcff.py", "file\\udcff.py"),
        ("[bold]x[/bold] :smile:", "[bold]x[/bold] :smile:"),
        ("grün\n\tweiter ✓", "grün\n\tweiter ✓"),
    ],
)
def test_text_of_unknown_origin_cannot_act_on_the_terminal(text: str, shown: str) -> None:
    assert plain(text).plain == shown
    assert plain(text).spans == []
