from __future__ import annotations

import pytest

from grader.domain.text import MAX_CHARACTERS, one_line


@pytest.mark.parametrize("text", ["", "plain", "tab\tstays", "Größe ≤ 10⁻⁹", "日本語", "עברית", "<b>&amp;</b>"])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize(
    "char",
    [
        "\n",
        "\r",
        "\0",
        "\x1b",
        "\x07",
        "\x7f",
        "\x9b",
        "\u2028",
        "\u2029",
        "\u200b",
        "\u202e",
        "\u2066",
        "\ufeff",
        "\ud800",
        "\ue000",
        "\uffff",
    ],
)
def test_what_could_move_the_cursor_or_hide_is_replaced(char: str) -> None:
    assert one_line(f"a{char}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert one_line("x" * MAX_CHARACTERS) == "x" * MAX_CHARACTERS
    assert one_line("x" * 10**7) == "x" * MAX_CHARACTERS + "…"
    assert one_line("abcdef", 3) == "abc…"


def test_the_result_can_always_be_encoded() -> None:
    everything = "".join(map(chr, range(0x3000))) + "\ud800\udfff"
    one_line(everything, len(everything)).encode()
