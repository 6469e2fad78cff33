"""Code on pages."""

from __future__ import annotations

import re

import pytest

from webapp.highlight import MAX_HIGHLIGHTED, lines_named, listing, message_html


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", 1),
        ("x", 1),
        ("x\n", 1),
        ("\n\nx = 1\n", 3),
        ("a\r\nb\rc\n", 3),
        ('"""a\n\nb"""\nx = 1', 4),
        ("x = 1\n" * 20_000, 20_000),
    ],
)
def test_lines_are_numbered_as_in_the_students_editor(source, lines):
    assert len(re.findall(r'id="line-\d+"', listing(source))) == lines


def test_code_is_only_text():
    for source in ("</code><script>alert(1)</script>", "# <b>" + "x" * MAX_HIGHLIGHTED):
        html = listing(source)
        assert "<script" not in html
        assert "<b>" not in html


def test_messages_link_lines_that_exist_and_stay_text():
    html = message_html("<b> in line 3, line 30 and line 2", lines=12)
    assert html == '&lt;b&gt; in <a href="#line-3">line 3</a>, line 30 and <a href="#line-2">line 2</a>'


def test_the_lines_of_a_message_are_found():
    assert lines_named("in line 3, then line 12; deadline 4; line 9999999") == {3, 12}
